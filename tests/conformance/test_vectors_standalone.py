"""The one-file verifier on vectors of others: it shares only these with us."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from receipts.standalone import verify as standalone

TESSERA_KEY = (
    "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    " 0 - 2020-01-01T00:00:00Z -"
)


def test_wycheproof_ed25519(shared: Path) -> None:
    """Every vector is accepted or refused as Wycheproof says."""
    path = shared / "vectors/wycheproof/testvectors_v1/ed25519_test.json"
    vectors = json.loads(path.read_bytes())
    checked = 0
    for group in vectors["testGroups"]:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            signature, message = (bytes.fromhex(test[name]) for name in ("sig", "msg"))
            verified = standalone.ed25519_verify(public_key, signature, message)
            assert verified == (test["result"] == "valid"), test["tcId"]
            checked += 1
    assert checked == vectors["numberOfTests"]


def test_sm3(shared: Path) -> None:
    """The plain SM3 gives the published digests (GB/T 32905-2016 A.1, A.2 and more)."""
    text = (shared / "vectors/sm3/evpmd_sm3.txt").read_text("ascii")
    cases = re.findall("^Input = ?(.*)\nOutput = (.*)$", text, re.MULTILINE)
    assert len(cases) == text.count("Digest = SM3") == 6
    for data, digest in cases:
        sm3 = standalone.Sm3()
        sm3.update(bytes.fromhex(data.strip('"')))
        assert sm3.hexdigest() == digest.lower()


def test_merkle_inclusion(shared: Path) -> None:
    """Every inclusion vector verifies, or is refused, as its file says."""
    files = sorted(shared.glob("vectors/merkle/testdata/inclusion/**/*.json"))
    assert files
    for path in files:
        vector = json.loads(path.read_bytes())
        try:
            _inclusion(vector)
            refused = False
        except standalone.Refused:
            refused = True
        assert refused == vector["wantErr"], path


def _inclusion(vector: dict[str, Any]) -> None:
    root, leaf = (base64.b64decode(vector[name] or "") for name in ("root", "leafHash"))
    path = [base64.b64decode(value) for value in vector["proof"] or []]
    head = standalone.Head(b"", "", vector["treeSize"], root)
    standalone.verify_path(vector["leafIdx"], leaf, path, head)


@pytest.mark.parametrize("size", range(1, 8))
def test_tessera_checkpoints(shared: Path, size: int) -> None:
    """Checkpoints of another log's software verify; a changed one does not."""
    folder = shared / "vectors/tessera-log/testdata/log"
    note = (folder / f"checkpoint.{size}").read_bytes()
    keys = standalone.Keys(TESSERA_KEY.encode() + b"\n")
    assert standalone.verify_checkpoint(note, keys).size == size
    changed = note.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1), 1)
    with pytest.raises(standalone.Refused):
        standalone.verify_checkpoint(changed, keys)


def test_an_empty_checkpoint_is_read_and_never_accepted(shared: Path) -> None:
    """Signed as it is, it covers no event that it could vouch for."""
    folder = shared / "vectors/tessera-log/testdata/log"
    note = (folder / "checkpoint.0").read_bytes()
    assert standalone.parse_checkpoint(note).size == 0
    keys = standalone.Keys(TESSERA_KEY.encode() + b"\n")
    with pytest.raises(standalone.Refused, match="covers no event"):
        standalone.verify_checkpoint(note, keys)


def test_dsse_envelope_by_ecdsa(shared: Path) -> None:
    """The P-256 signature of the DSSE specification verifies; no other does."""
    vector = json.loads((shared / "vectors/dsse/pae-and-envelope.json").read_bytes())
    x, y = (int(vector[f"public_key_{axis}_decimal"]) for axis in "xy")
    point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    message = vector["pae_utf8"].encode()
    signature = base64.b64decode(vector["envelope"]["signatures"][0]["sig"])
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    digest = hashlib.sha256(message).digest()
    assert standalone.ecdsa_verify(standalone.P256, point, r, s, digest)
    assert not standalone.ecdsa_verify(standalone.P256, point, r, s + 1, digest)
    other = hashlib.sha256(message + b"!").digest()
    assert not standalone.ecdsa_verify(standalone.P256, point, r, s, other)


def test_sshsig_of_ssh_keygen(shared: Path) -> None:
    """OpenSSH's Ed25519 signature verifies and comes out of ours byte for byte.

    Keys of any other kind are nothing that signs a bundle.
    """
    folder = shared / "vectors/sshsig/regress/unittests/sshsig/testdata"
    namespace = (folder / "namespace").read_bytes()
    content = (folder / "signed-data").read_bytes()
    for path in sorted(folder.glob("*.sig")):
        if path.stem != "ed25519":
            with pytest.raises(standalone.Refused):
                standalone.verify_ssh_seal(path.read_bytes(), content, namespace)
    if not (folder / "ed25519.sig").exists():
        pytest.skip("this half of the vectors does not hold the signature")
    data = (folder / "ed25519.sig").read_bytes()
    public = base64.b64decode((folder / "ed25519.pub").read_text("ascii").split()[1])
    key = standalone.verify_ssh_seal(data, content, namespace)
    assert standalone.ssh_public(key) == public
    for bad in (
        (data, content + b"x", namespace),
        (data, content, b"other"),
        (data.replace(b"\n", b"\r\n"), content, namespace),
        (data + b"\n", content, namespace),
    ):
        with pytest.raises(standalone.Refused):
            standalone.verify_ssh_seal(*bad)


def _stamp(folder: Path, response: str, data: bytes, query: bytes | None) -> Any:
    digests = {
        name: hashlib.new(name, data).digest() for name in standalone.DIGEST_INFO
    }
    return standalone.verify_stamp(
        (folder / response).read_bytes(),
        query,
        (folder / "ts_chain.pem").read_bytes(),
        digests,
    )


def test_rfc3161_responses(shared: Path) -> None:
    """Each response over `hello` passes or fails as its set says."""
    folder = shared / "vectors/rfc3161/test/fixtures/sigstage"
    responses = sorted(folder.glob("*.tsr"))
    assert responses
    for path in responses:
        if path.name == "response-invalid-signature.tsr":
            with pytest.raises(standalone.Refused):
                _stamp(folder, path.name, b"hello", None)
            continue
        found = _stamp(folder, path.name, b"hello", None)
        assert found.stamp.time.seconds[:4] == "2025"
        assert found.root == "O=sigstore.dev, CN=sigstore-tsa-selfsigned"
        with pytest.raises(standalone.Refused):
            _stamp(folder, path.name, b"hello!", None)


def test_rfc3161_query(shared: Path) -> None:
    """The query of the set is read: SHA-2 of `hello`, and a nonce."""
    folder = shared / "vectors/rfc3161/test/fixtures/sigstage"
    query = (folder / "request.der").read_bytes()
    (name, digest), nonce = standalone.parse_query(query)
    assert digest == hashlib.new(name, b"hello").digest()
    assert nonce is not None
    answered = 0
    for path in sorted(folder.glob("*.tsr")):
        if path.name == "response-invalid-signature.tsr":
            continue
        token = standalone.parse_response(path.read_bytes())
        chain = standalone.parse_pem((folder / "ts_chain.pem").read_bytes())
        stamp = standalone.verify_token(token, standalone.Certificate(chain[0]))
        due = stamp.nonce == nonce and stamp.imprint == (name, digest)
        answered += due
        if not due:
            with pytest.raises(standalone.Refused, match="another query"):
                _stamp(folder, path.name, b"hello", query)
    assert answered <= 1


def test_c2sp_examples(shared: Path) -> None:
    """Notes of the specification: the signed one verifies, the others parse."""
    examples = json.loads((shared / "vectors/c2sp-spec/examples.json").read_bytes())
    valid = examples["signed_note_valid"]
    key = standalone.Key(valid["vkey"])
    text, signatures = standalone.split_note(valid["note"].encode())
    ((name, hint, signature),) = signatures
    assert (name, hint) == (key.name, key.hint)
    assert standalone.ed25519_verify(key.public, signature, text.encode())
    parsed = examples["signed_note_parse_only"]
    assert standalone.split_note(parsed["note"].encode())[0] == parsed["text"]
    example = examples["checkpoint_parse"]
    note = standalone.parse_checkpoint(example["note"].encode())
    assert (note.origin, note.size) == (example["origin"], example["size"])
    assert base64.b64encode(note.root).decode() == example["root_base64"]
    blob = note.signatures[1][2]
    time = int.from_bytes(blob[:8], "big")
    assert (time, len(blob)) == (example["witness_timestamp"], 72)
    message = f"cosignature/v1\ntime {time}\n{note.text.decode()}"
    assert message == example["witness_signed_message"]


# --- Sigstore bundles: inclusion, checkpoint and time stamp ---------------------

# What is wrong with these is in the parts that a bundle of ours has too: proof,
# checkpoint, time stamp. The other cases that must fail do so for their identity,
# artifact, certificate or promise; whole cases are judged in test_vectors_sigstore.
OUR_FAULTS = {
    "bundle-negative-log-index_fail",
    "checkpoint-bad-keyhint_fail",
    "inclusion-proof-corrupted-hash_fail",
    "rekor2-checkpoint-missing-log-signature_fail",
    "rekor2-checkpoint-missing-root-hash_fail",
    "rekor2-no-inclusion-proof_fail",
    "rekor2-timestamp-outside-trust-root-tsa-validity_fail",
    "rekor2-timestamp-payload-mismatch_fail",
    "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail",
}


def _sigstore(folder: Path) -> int:
    """Judge what we can express; how many parts that were."""
    bundle = json.loads((folder / "bundle.sigstore.json").read_bytes())
    root_file = folder / "trusted_root.json"
    root = json.loads(root_file.read_bytes()) if root_file.exists() else {}
    material = bundle["verificationMaterial"]
    judged = 0
    for entry in material["tlogEntries"]:
        if "inclusionProof" not in entry:
            raise standalone.Refused("", "no inclusion proof")
        judged += _entry(entry, root)
    stamps = material.get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
    for stamp in stamps:
        judged += _authorised(base64.b64decode(stamp["signedTimestamp"]), bundle, root)
    return judged


def _entry(entry: dict[str, Any], root: dict[str, Any]) -> int:
    proof = entry["inclusionProof"]
    body = base64.b64decode(entry["canonicalizedBody"])
    size, root_hash = int(proof["treeSize"]), base64.b64decode(proof["rootHash"])
    head = standalone.Head(b"", "", size, root_hash)
    path = [base64.b64decode(value) for value in proof["hashes"]]
    leaf = hashlib.sha256(b"\0" + body).digest()
    standalone.verify_path(int(proof["logIndex"]), leaf, path, head)
    if "checkpoint" not in proof:  # the first version of these bundles had none
        return 1
    data = proof["checkpoint"]["envelope"].encode()
    note = standalone.parse_checkpoint(data)
    standalone.need((note.size, note.root) == (size, root_hash), "", "other root")
    hint = base64.b64decode(entry["logId"]["keyId"])[:4].hex()  # the key of this log
    signed = any(known == hint for _, known, _ in note.signatures)
    standalone.need(signed, "", "no line by the key of the log")
    logs = [
        log
        for log in root.get("tlogs", [])
        if log["publicKey"]["keyDetails"] == "PKIX_ED25519"
        and log["logId"]["keyId"] == entry["logId"]["keyId"]
    ]
    for log in logs:
        public = base64.b64decode(log["publicKey"]["rawBytes"])[-32:]
        material = b"\x01" + public
        hint = hashlib.sha256(note.origin.encode() + b"\n" + material).hexdigest()[:8]
        vkey = f"{note.origin}+{hint}+{base64.b64encode(material).decode()}"
        line = f"log {vkey} 0 - 2020-01-01T00:00:00Z -\n"
        standalone.verify_checkpoint(data, standalone.Keys(line.encode()))
    return 1 + len(logs)


def _authorised(response: bytes, bundle: dict[str, Any], root: dict[str, Any]) -> int:
    """The stamp by an authority of the trusted root; 0 where the case gives none."""
    if "dsseEnvelope" in bundle:
        signature = bundle["dsseEnvelope"]["signatures"][0]["sig"]
    else:
        signature = bundle["messageSignature"]["signature"]
    data = base64.b64decode(signature)
    digests = {
        name: hashlib.new(name, data).digest() for name in standalone.DIGEST_INFO
    }
    authorities = root.get("timestampAuthorities", [])
    refused = None
    for authority in authorities:
        ders = [
            base64.b64decode(c["rawBytes"])
            for c in authority["certChain"]["certificates"]
        ]
        chain = b"".join(map(standalone.write_pem, ders))
        try:
            found = standalone.verify_stamp(response, None, chain, digests)
            window = authority["validFor"]
            time = found.stamp.time.whole()
            inside = window["start"] <= time <= window.get("end", "9999")
            standalone.need(inside, "", "outside the window of the trusted root")
        except standalone.Refused as error:
            refused = error
        else:
            return 1
    if refused is not None:
        raise refused
    return 0


def test_sigstore_bundles(shared: Path) -> None:
    """Inclusion, checkpoint and time stamp of each case give the stated outcome."""
    folders = sorted(
        path.parent
        for path in shared.glob(
            "vectors/sigstore-conformance/**/bundle-verify/*/bundle.sigstore.json"
        )
    )
    assert folders
    for folder in folders:
        fails = folder.name.endswith("_fail")
        if fails and folder.name not in OUR_FAULTS:
            continue
        try:
            judged, refused = _sigstore(folder), None
        except standalone.Refused as error:
            judged, refused = 1, error
        assert judged, folder.name
        assert (refused is not None) is fails, (folder.name, str(refused))
