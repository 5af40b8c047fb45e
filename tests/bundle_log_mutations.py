"""Changes that only a bundle of several logs, one after the other, can have.

Beside the forger of bundle_mutations.py there is one who has the private keys of the
logs, old and new, and not those of statements and seals.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integrity.note import VerifierKey
from integrity.origins import Origin
from integrity.policy import Role, TrustedKeys, parse_trusted_keys
from tests.bundle_samples import Ed, Tree, b64, leaf_text, signed_note
from tests.bundle_scene import Files, NotHereError, Scene, finish

Changes = dict[str, bytes | None]
Kind = Callable[[Scene], tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a bundle: the earlier ones, and the one of its checkpoint."""

    scene: Scene
    keys: TrustedKeys
    earlier: tuple[Origin, ...]
    newest: Origin

    def entries(self, origin: Origin) -> list[int]:
        """Which entries of a log are in the bundle."""
        names = [name for name in self.scene.files if name.startswith("proofs/")]
        return sorted(n for n in (int(name[7:15]) for name in names) if origin.holds(n))

    def note(self, origin: Origin) -> bytes:
        """The checkpoint that the proofs of a log carry."""
        proof = self.scene.files[_proof(self.entries(origin)[0])]
        return proof.partition(b"\n\n")[2]

    def with_note(self, origin: Origin, note: bytes) -> Changes:
        """Another checkpoint in all proofs of a log."""
        return {
            _proof(n): _head(self.scene.files[_proof(n)]) + note
            for n in self.entries(origin)
        }

    def key(self, origin: Origin) -> Ed:
        """The private key of a log's last key: those of the samples are numbers."""
        lines = self.keys.keys(Role.LOG)
        last = [line.key for line in lines if line.key.name == origin.name][-1]
        made = (Ed(origin.name, seed) for seed in range(256))
        return next(key for key in made if key.vkey() == last.text())


def _logs(scene: Scene) -> Logs:
    try:
        keys = parse_trusted_keys(scene.files["trust/keys"])
        name = scene.files["checkpoint"].split(b"\n")[0].decode()
        newest = keys.origin_named(name)
    except KeyError as error:
        raise NotHereError from error
    earlier = tuple(o for o in keys.origins() if o.first < newest.first)
    if not earlier:
        raise NotHereError
    return Logs(scene, keys, earlier, newest)


def _proof(entry: int) -> str:
    return f"proofs/{entry:08d}.tlog-proof"


def _statement(entry: int) -> str:
    return f"statements/{entry:08d}.dsse.json"


def _head(proof: bytes) -> bytes:
    """A proof up to its checkpoint."""
    head, blank, _ = proof.partition(b"\n\n")
    return head + blank


def _another_tree(logs: Logs, origin: Origin) -> Tree:
    """A tree as long as a closed log, with the same entries as far as we have them."""
    assert origin.end is not None
    tree, files = Tree(origin.name, origin.first, origin.end), logs.scene.files
    held = set(logs.entries(origin))
    if len(held) == origin.end - origin.first:
        raise NotHereError
    for entry in range(origin.first, origin.end):
        known = entry in held
        text = leaf_text(files[_statement(entry)]) if known else b"another entry"
        tree.append(entry, text)
    return tree


def fork(scene: Scene) -> tuple[str, bytes]:
    """A closed log is another tree, signed by its own key; every proof fits."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    tree = _another_tree(logs, origin)
    note = signed_note(tree.text(tree.end or 0), logs.key(origin)).encode()
    changes: Changes = {
        _proof(n): tree.proof(n, scene.files[_statement(n)], note)
        for n in logs.entries(origin)
    }
    return f"{origin.name} forked by its key", finish(scene, changes, fitting=True)


def another_root(scene: Scene) -> tuple[str, bytes]:
    """The key of a closed log signs another root; the paths stay."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    name, size, _, *_ = logs.note(origin).decode().split("\n")
    text = f"{name}\n{size}\n{b64(scene.dice.randbytes(32))}\n"
    note = signed_note(text, logs.key(origin)).encode()
    changes = logs.with_note(origin, note)
    return f"another root of {origin.name}", finish(scene, changes, fitting=True)


def newer_key(scene: Scene) -> tuple[str, bytes]:
    """The last checkpoint of a closed log is signed by the key of the newest log."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    text = logs.note(origin).partition(b"\n\n")[0].decode() + "\n"
    newest = logs.key(logs.newest)
    name = scene.dice.choice([newest.name, origin.name])
    note = signed_note(text, Ed(name, newest.seed)).encode()
    changes = logs.with_note(origin, note)
    what = f"{origin.name} closed by the newest key as {name}"
    return what, finish(scene, changes, fitting=True)


def continued_dropped(scene: Scene) -> tuple[str, bytes]:
    """The first event of a later log is not there."""
    first = scene.dice.choice(_begun(_logs(scene)))
    changes: Changes = {_statement(first): None, _proof(first): None}
    return f"without entry {first}", finish(scene, changes, fitting=True)


def continued_elsewhere(scene: Scene) -> tuple[str, bytes]:
    """The first event of a later log goes by another number."""
    first = scene.dice.choice(_begun(_logs(scene)))
    free = [n for n in range(first + 40) if _proof(n) not in scene.files]
    other = scene.dice.choice(free)
    changes: Changes = {
        _statement(first): None,
        _proof(first): None,
        _statement(other): scene.files[_statement(first)],
        _proof(other): scene.files[_proof(first)],
    }
    return f"entry {first} as {other}", finish(scene, changes, fitting=True)


def _begun(logs: Logs) -> list[int]:
    return [each.first for each in (*logs.earlier[1:], logs.newest)]


def new_checkpoint(scene: Scene) -> tuple[str, bytes]:
    """An old entry under the newest checkpoint, or all of its log."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    changes = logs.with_note(origin, scene.files["checkpoint"])
    one = scene.dice.choice(sorted(changes))
    if scene.dice.random() < 0.5:
        changes = {one: changes[one]}
    what = f"{', '.join(sorted(changes)[:3])} under the newest checkpoint"
    return what, finish(scene, changes, fitting=True)


def number_as_index(scene: Scene) -> tuple[str, bytes]:
    """A proof gives the number of the entry, and not that of the leaf in its log."""
    logs = _logs(scene)
    later = (*logs.earlier[1:], logs.newest)
    entry = scene.dice.choice([n for origin in later for n in logs.entries(origin)])
    leaf = entry - logs.keys.origin_at(entry).first
    old, new = b"\nindex %d\n" % leaf, b"\nindex %d\n" % entry
    changes: Changes = {_proof(entry): scene.files[_proof(entry)].replace(old, new, 1)}
    return f"index {entry} for {leaf}", finish(scene, changes, fitting=True)


def another_name(scene: Scene) -> tuple[str, bytes]:
    """A log goes by another name, its own or an earlier one's, in the key list."""
    logs = _logs(scene)
    origin = scene.dice.choice([*logs.earlier, logs.newest])
    others = ["custody.example/other", logs.earlier[0].name]
    name = scene.dice.choice([other for other in others if other != origin.name])
    changes: Changes = {
        file: _renamed(logs, origin, name, scene.files[file])
        for file in ("trust/keys", "trust/policy")
    }
    return f"{origin.name} called {name}", finish(scene, changes, fitting=True)


def _renamed(logs: Logs, origin: Origin, name: str, data: bytes) -> bytes:
    for old, new in _vkeys(logs, origin, name):
        data = data.replace(old.encode(), new.encode())
    return data


def _vkeys(logs: Logs, origin: Origin, name: str) -> Iterator[tuple[str, str]]:
    for line in logs.keys.keys(Role.LOG):
        if line.key.name == origin.name:
            text = line.key.text()
            public = base64.b64decode(text.split("+", 2)[2])[1:]
            yield text, VerifierKey.ed25519(name, public).text()


def closed_as_newest(scene: Scene) -> tuple[str, bytes]:
    """The checkpoint of an earlier log as that of the bundle, or of everything."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    note, everywhere = logs.note(origin), scene.dice.random() < 0.5
    changes = logs.with_note(logs.newest, note) if everywhere else {}
    what = f"checkpoint of {origin.name}{' everywhere' if everywhere else ''}"
    return what, finish(scene, {**changes, "checkpoint": note}, fitting=True)


def swapped_notes(scene: Scene) -> tuple[str, bytes]:
    """The proofs of one log carry the checkpoint of another."""
    logs = _logs(scene)
    origin = scene.dice.choice(logs.earlier)
    others: Files = {
        other.name: logs.note(other)
        for other in (*logs.earlier, logs.newest)
        if other != origin
    }
    name = scene.dice.choice(sorted(others))
    changes = logs.with_note(origin, others[name])
    return f"{origin.name} under {name}", finish(scene, changes, fitting=True)


def empty_as_newest(scene: Scene) -> tuple[str, bytes]:
    """The bundle ends in a log, the first or a later one, that has no entry."""
    logs = _logs(scene)
    origin = scene.dice.choice([*logs.earlier, logs.newest])
    text = f"{origin.name}\n0\n{b64(hashlib.sha256(b'').digest())}\n"
    note = signed_note(text, logs.key(origin)).encode()
    changes: Changes = {"checkpoint": note}
    return f"{origin.name} is empty", finish(scene, changes, fitting=True)


LOG_KINDS: dict[str, Kind] = {
    "logs: fork of a closed log": fork,
    "logs: another root": another_root,
    "logs: closed by the newest key": newer_key,
    "logs: log.continued dropped": continued_dropped,
    "logs: log.continued elsewhere": continued_elsewhere,
    "logs: old proof, new checkpoint": new_checkpoint,
    "logs: entry number as index": number_as_index,
    "logs: another name": another_name,
    "logs: closed checkpoint as newest": closed_as_newest,
    "logs: checkpoint of another log": swapped_notes,
    "logs: empty checkpoint as newest": empty_as_newest,
}
