"""Which suite reads which public vectors; what no row covers fails a test.

Each pattern is below ../shared/vectors. A file may be read by several suites.
"""

from __future__ import annotations

COVERED: dict[str, tuple[str, ...]] = {
    "test_vectors_asic": ("asic/test/data/**/*",),
    "test_vectors_bagit": ("bagit/v*/*/*/**/*",),
    "test_vectors_notes": (
        "c2sp-spec/examples.json",
        "sigstore-conformance/test/assets/bundle-verify/*/bundle.sigstore.json",
    ),
    "test_vectors_tiles": ("c2sp-spec/examples.json", "tessera-log/testdata/log/**/*"),
    "test_vectors_case": ("case/**/*.json*",),
    "test_cose_vectors": ("cose/**/*.json",),
    "test_vectors_dsse": ("dsse/pae-and-envelope.json",),
    "test_vectors_eu_dcc": (
        "eu-dcc/*/2DCode/raw/*.json",
        "eu-dcc/*/png/*.png",
    ),
    "test_vectors_merkle": (
        "merkle/testdata/inclusion/**/*.json",
        "merkle/testdata/consistency/**/*.json",
        "rfc6962/roots.json",
    ),
    "test_vectors_ots": ("ots/examples/*", "ots/examples/invalid/*.ots"),
    "test_pades_vectors": ("pades/**/*.pdf",),
    "test_vectors_rfc3161": (
        "rfc3161/test/fixtures/sigstage/*.tsr",
        "rfc3161/test/fixtures/sigstage/request.der",
        "rfc3161/test/fixtures/sigstage/ts_chain.pem",
    ),
    "test_vectors_sigstore": (
        "sigstore-conformance/test/assets/bundle-verify/a.txt",
        *(
            f"sigstore-conformance/test/assets/bundle-verify/*/{name}"
            for name in (
                "bundle.sigstore.json",
                "artifact",
                "identity",
                "issuer",
                "key.pub",
                "trusted_root.json",
            )
        ),
    ),
    "test_vectors_sm3": ("sm3/evpmd_sm3.txt",),
    "test_vectors_sshsig": ("sshsig/regress/unittests/sshsig/testdata/*",),
    "test_vectors_ed25519": ("wycheproof/testvectors_v1/ed25519_test.json",),
    "test_vectors_standalone": ("sm3/evpmd_sm3.txt",),
}

# Words about the vectors, and the licences they came with.
WORDS = ("README", "LICENSE", "LICENCE", "COPYING", "NOTICE")

# Broken in its own source: its second payload file was never committed.
LEFT_OUT = "bagit/v0.97/warning/special-system-files/"
