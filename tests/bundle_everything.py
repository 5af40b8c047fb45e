"""A small bundle with all that the second format can hold, an older one, a stranger's.

For mutations: every kind of file is there, every check has something to find, and the
entries are in three logs, one after the other. The older bundle is from the first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tests import bundle_samples as samples
from tests.bundle_scene import rezip, unzip


class StrangeLog(samples.Log):
    """A log of another firm, whose keys and certificate are its own."""

    def __post_init__(self) -> None:
        self.seal_seed = 77
        log = samples.Ed(samples.ORIGIN, 201)
        statement = samples.Ed(samples.STATEMENTS, 202)
        self.add_signer("log", log, 0)
        self.add_signer("statement", statement, 0)
        seal = samples.sha256(samples.certificate_der(self.seal_seed))
        self.lines.append(samples.Line("pdf", f"sha256:{seal}"))
        keys = {
            "log": log.vkey(),
            "statement": statement.vkey(),
            "pdf_certificate_sha256": seal,
        }
        self.record(
            "firm.initialised", firm=samples.FIRM, origin=samples.ORIGIN, keys=keys
        )


@dataclass(frozen=True)
class Everything:
    """The ZIPs, and the three contents that trust/keys of `bundle` had, oldest last."""

    bundle: bytes
    older: bytes
    stranger: bytes
    earlier_keys: bytes

    @property
    def keys(self) -> bytes:
        """trust/keys of `bundle`."""
        return unzip(self.bundle)["trust/keys"]

    @property
    def fingerprint(self) -> str:
        """Its fingerprint."""
        return hashlib.sha256(self.keys).hexdigest()


def everything(folder: Path) -> Everything:
    """Make them; `folder` is for the authorities' keys, `openssl` signs the stamps."""
    first, second = samples.authorities(folder)
    sample = samples.Sample(authorities=[first, second])
    log, exhibit, by = sample.log, "e0000000000aa", ["li", "wang"]
    sample.stamp("log.stamped", "checkpoint", log.checkpoint(), first, size=1)
    people = log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    sample.change("person-added", people)
    samples.three_exhibits(sample)
    sample.check(exhibit, "li", ["li"], agrees=None)
    sample.check(exhibit, "wang", ["wang"], agrees=True)
    older, earlier_keys = rezip(sample.files()), log.trust()

    def witnesses(leaf: int) -> None:
        for witness in samples.WITNESSES:
            line = samples.Line("witness", witness.vkey(), leaf + 1, begun=log.now())
            log.lines.append(line)
        rule = samples.Line("rule", "witnesses:1", leaf + 1, begun=log.now())
        log.lines.append(rule)

    sample.change("rotated", log.roll(samples.LATER_ORIGINS[0]), by=by)
    log.record("user.added", login="sun")
    sample.change("witness", witnesses, by=by)
    listed = enumerate(samples.WITNESSES, 1)
    tail = "".join(f"witness w{place} {key.vkey()}\n" for place, key in listed)
    log.policy_tail = f"{tail}group witnesses 1 w1 w2\nquorum witnesses\n"
    sample.cosigners = list(samples.WITNESSES)
    sample.change("rotated", log.rotate, by=by)
    facts = {"exhibit": exhibit, "matter": samples.MATTER}
    content = sample.contents[exhibit]
    sample.stamp("exhibit.stamped", exhibit, content, second, **facts)
    sample.change("rotated", log.roll(samples.LATER_ORIGINS[1]), by=by)
    sample.erase("e0000000000bb", by)
    strange = samples.Sample(log=StrangeLog(), authorities=[first])
    samples.three_exhibits(strange)
    return Everything(
        rezip(sample.files()), older, rezip(strange.files()), earlier_keys
    )
