"""One changed bundle a seed: what an attacker, a bad disk or a careless hand does.

    mutate(bundle, seed) -> Mutation(seed, kind, what, data)

Pure: the same bytes and seed give the same mutation, on every machine. `data` is
never equal to `bundle`, and no verifier may accept it when it is told the fingerprint
of the genuine `trust/keys`. Kinds take turns by seed, so any run of `len(KINDS)`
seeds holds each once. Four hands change the bundle:

  raw     bytes of the ZIP itself, nothing else is made to fit
  tree    a file inside, the ZIP is remade in canonical form, the lists stay
  forger  as tree, but all lists, sizes and the tag manifest fit again; what he lacks
          is the firm's private keys
  logs    as forger, of a bundle of several logs, and with the keys of the logs
          (bundle_log_mutations.py)

`older` is an earlier bundle of the same log (replays), `stranger` one of another
firm (its keys and seals). Where they are missing, another kind takes the turn.

A bundle of the first format does not sign its report, texts, date and tools, as its
check list says; the forger leaves those alone there.
"""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.keys import key_id
from integrity.note import VerifierKey
from receipts.canonical_zip import CanonicalZip
from receipts.zip_layout import place
from tests.bundle_log_mutations import LOG_KINDS
from tests.bundle_scene import (
    SEALS,
    TAG_MANIFEST,
    Files,
    NotHereError,
    Scene,
    finish,
    rezip,
    sort_of,
    unzip,
    unzip_or_none,
)

TEXTS = (".txt", ".json", ".tlog-proof", ".pem", ".sig", "checkpoint", "keys", "policy")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed bundle: `kind` is one of KINDS, `what` says it for a person."""

    seed: int
    kind: str
    what: str
    data: bytes


def mutations(
    bundle: bytes,
    seeds: range,
    older: bytes | None = None,
    stranger: bytes | None = None,
) -> Iterator[Mutation]:
    """`mutate` for each seed."""
    for seed in seeds:
        yield mutate(bundle, seed, older, stranger)


def mutate(
    bundle: bytes,
    seed: int,
    older: bytes | None = None,
    stranger: bytes | None = None,
) -> Mutation:
    """The mutation of `bundle` that belongs to `seed`.

    Args:
        bundle: the bytes of a genuine bundle.
        seed: any number from 0 on.
        older: an earlier bundle of the same log and matter.
        stranger: a bundle of another firm.
    """
    dice = random.Random(f"mutation {seed}")
    scene = Scene(
        bundle, unzip(bundle), dice, unzip_or_none(older), unzip_or_none(stranger)
    )
    kinds = list(KINDS)
    turn = kinds.pop(seed % len(kinds))
    for kind in [turn, *dice.sample(kinds, len(kinds))]:
        for _ in range(20):  # a throw of the dice may change nothing
            try:
                what, data = KINDS[kind](scene)
            except NotHereError:
                break
            if data != bundle:
                return Mutation(seed, kind, what, data)
    raise AssertionError("no kind of mutation changes this bundle")


# --- Raw: the bytes of the ZIP ------------------------------------------------


def _flip(data: bytes, position: int, dice: random.Random) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << dice.randrange(8)
    return bytes(changed)


def raw_flip_content(scene: Scene) -> tuple[str, bytes]:
    """A bit of the content of a file; its CRC does not know."""
    name = scene.any_file(lambda n: bool(scene.files[n]))
    start, end = _span(scene, name)
    position = scene.dice.randrange(start, end)
    return f"bit at {position} in {name}", _flip(scene.bundle, position, scene.dice)


def _span(scene: Scene, name: str) -> tuple[int, int]:
    """Where the content of a file lies in the ZIP."""
    archive = CanonicalZip(io.BytesIO(scene.bundle))
    (found,) = [p for p in place(archive.entries) if p.entry.name == name]
    return found.data_offset, found.end


def raw_flip_header(scene: Scene) -> tuple[str, bytes]:
    """A bit of a local header or of the name in it."""
    name = scene.any_file()
    end, _ = _span(scene, name)
    position = end - scene.dice.randint(1, 30 + len(name.encode()))
    return f"bit at {position} before {name}", _flip(scene.bundle, position, scene.dice)


def raw_flip_directory(scene: Scene) -> tuple[str, bytes]:
    """A bit of the central directory or the end record."""
    archive = CanonicalZip(io.BytesIO(scene.bundle))
    start = place(archive.entries)[-1].end
    position = scene.dice.randrange(start, len(scene.bundle))
    return f"bit at {position}, directory", _flip(scene.bundle, position, scene.dice)


def raw_flip_anywhere(scene: Scene) -> tuple[str, bytes]:
    """A bit anywhere."""
    position = scene.dice.randrange(len(scene.bundle))
    return f"bit at {position}", _flip(scene.bundle, position, scene.dice)


def raw_truncate(scene: Scene) -> tuple[str, bytes]:
    """The end is missing."""
    length = scene.dice.randrange(len(scene.bundle))
    return f"cut off at {length}", scene.bundle[:length]


def raw_append(scene: Scene) -> tuple[str, bytes]:
    """Something follows."""
    more = scene.dice.randbytes(scene.dice.choice([1, 22, 1000]))
    return f"{len(more)} bytes more", scene.bundle + more


def raw_prepend(scene: Scene) -> tuple[str, bytes]:
    """Something goes before, as in a self-extracting program."""
    more = scene.dice.randbytes(scene.dice.choice([1, 22, 1000]))
    return f"{len(more)} bytes before", more + scene.bundle


def raw_delete(scene: Scene) -> tuple[str, bytes]:
    """Bytes in the middle are missing."""
    start = scene.dice.randrange(len(scene.bundle))
    end = start + scene.dice.choice([1, 100])
    return f"without {start} to {end}", scene.bundle[:start] + scene.bundle[end:]


def raw_twice(scene: Scene) -> tuple[str, bytes]:
    """A second entry of the same name, with other content."""
    name = scene.any_file()
    pairs = [*scene.files.items(), (name, scene.files[name] + b"x")]
    return f"{name} twice", rezip(pairs)


# --- One file: changed content ------------------------------------------------

Change = Callable[[Scene, str], tuple[str, bytes]]


def _flip_bit(scene: Scene, name: str) -> tuple[str, bytes]:
    data = scene.files[name]
    if not data:
        return "filled", b"x"
    position = scene.dice.randrange(len(data))
    return f"bit at {position}", _flip(data, position, scene.dice)


def _cut(scene: Scene, name: str) -> tuple[str, bytes]:
    data = scene.files[name]
    length = scene.dice.randrange(len(data)) if data else 0
    return f"cut off at {length}", data[:length]


def _extend(scene: Scene, name: str) -> tuple[str, bytes]:
    more = scene.dice.choice([b"\n", b"\0", b" ", b"%%EOF\n", b"x" * 5000])
    return f"{len(more)} bytes more", scene.files[name] + more


def _replace_line(scene: Scene, name: str) -> tuple[str, bytes]:
    """A line is dropped, doubled, or changes place with the next."""
    lines = scene.files[name].split(b"\n")
    if len(lines) < 3:
        raise NotHereError
    at = scene.dice.randrange(len(lines) - 2)
    how, new = scene.dice.choice(
        [
            ("dropped", []),
            ("doubled", [lines[at], lines[at], lines[at + 1]]),
            ("late", [lines[at + 1], lines[at]]),
            ("with CR", [lines[at] + b"\r", lines[at + 1]]),
            ("with a blank", [lines[at] + b" ", lines[at + 1]]),
        ]
    )
    changed = lines[:at] + (new or [lines[at + 1]]) + lines[at + 2 :]
    return f"line {at} {how}", b"\n".join(changed)


def _change(
    change: Change, *, fitting: bool, text: bool = False
) -> Callable[[Scene], tuple[str, bytes]]:
    def kind(scene: Scene) -> tuple[str, bytes]:
        def usable(name: str) -> bool:
            return (not fitting or scene.forgeable(name)) and (
                not text or name.endswith(TEXTS)
            )

        name = scene.any_file(usable)
        what, data = change(scene, name)
        return f"{name}: {what}", finish(scene, {name: data}, fitting=fitting)

    return kind


# --- The set of files ---------------------------------------------------------


def _swap(*, fitting: bool) -> Callable[[Scene], tuple[str, bytes]]:
    """Two files change their contents, often two of one sort."""

    def kind(scene: Scene) -> tuple[str, bytes]:
        one = scene.any_file(scene.forgeable if fitting else lambda _: True)
        alike = scene.dice.random() < 0.7

        def other_than(name: str) -> bool:
            same = sort_of(name) == sort_of(one)
            usable = scene.forgeable(name) or not fitting
            different = scene.files[name] != scene.files[one]
            return different and usable and (same or not alike)

        other = scene.any_file(other_than)
        changes = {one: scene.files[other], other: scene.files[one]}
        return f"{one} <-> {other}", finish(scene, changes, fitting=fitting)

    return kind


def _new_name(scene: Scene, name: str) -> str:
    folder, slash, leaf = name.rpartition("/")
    stem, dot, ending = leaf.rpartition(".")
    return scene.dice.choice(
        [
            f"{folder}{slash}x{leaf}",
            f"{folder}{slash}{leaf}.bak",
            f"{folder}{slash}{leaf.swapcase()}",
            f"{folder}{slash}{stem}-copy{dot}{ending}",
            f"{folder}{slash}{leaf} ",
            f"{folder}{slash}\u202e{leaf}",
            f"{folder}{slash}cafe\u0301{leaf}",
            f"/{name}",
            f"../{name}",
            f"data/./{name}",
            f"data/sub/{leaf}",
            f"data/{leaf}.new",
            f"stamps/{leaf}",
            "statements/99999999.dsse.json",
            "statements/00000001.dsse.json",
            "proofs/00000000.tlog-proof.x",
            "tsa/3.pem",
            "checkpoint.3.tsr",
            "stamps/99999999.tsr",
        ]
    )


def _rename(*, fitting: bool) -> Callable[[Scene], tuple[str, bytes]]:
    def kind(scene: Scene) -> tuple[str, bytes]:
        name = scene.any_file()
        new = _new_name(scene, name)
        if new in scene.files:
            raise NotHereError
        changes = {name: None, new: scene.files[name]}
        return f"{name} -> {new!a}", finish(scene, changes, fitting=fitting)

    return kind


def _add(*, copy: bool, fitting: bool) -> Callable[[Scene], tuple[str, bytes]]:
    def kind(scene: Scene) -> tuple[str, bytes]:
        name = scene.any_file()
        new = _new_name(scene, name)
        if new in scene.files:
            raise NotHereError
        data = scene.files[name] if copy else scene.dice.randbytes(40)
        return f"new {new!a} ({name})", finish(scene, {new: data}, fitting=fitting)

    return kind


def _remove(*, fitting: bool) -> Callable[[Scene], tuple[str, bytes]]:
    def kind(scene: Scene) -> tuple[str, bytes]:
        name = scene.any_file()
        return f"without {name}", finish(scene, {name: None}, fitting=fitting)

    return kind


def forger_drops_group(scene: Scene) -> tuple[str, bytes]:
    """An optional group of files leaves no gap in the names: a time stamp, a seal."""
    if not scene.sealed:
        raise NotHereError
    groups = [
        [name for name in scene.files if name.startswith(prefix)]
        for prefix in ("checkpoint.t", "checkpoint.2", "stamps/", TAG_MANIFEST + ".")
    ]
    leaf = scene.any_file(lambda n: n.startswith("statements/"))[11:19]
    groups.append([name for name in scene.files if leaf in name])
    groups[0] += [name for name in scene.files if name == "tsa/1.pem"]
    groups[1] += [name for name in scene.files if name == "tsa/2.pem"]
    group = scene.dice.choice([group for group in groups if group])
    changes: dict[str, bytes | None] = dict.fromkeys(group)
    return f"without {', '.join(group)}", finish(scene, changes, fitting=True)


def forger_downgrades(scene: Scene) -> tuple[str, bytes]:
    """The bundle poses as one of the first format, which has no seals."""
    if not scene.sealed:
        raise NotHereError
    newer = ("verify.html", "trust/seal.pem", "trust/allowed_signers", *SEALS)
    changes: dict[str, bytes | None] = {
        name: None
        for name in scene.files
        if name in newer or name.endswith((".tsr", ".tsq")) or "tsa/" in name
    }
    changes |= {n: None for n in scene.files if n.startswith("stamps/")}
    info = scene.files["bag-info.txt"].split(b"\n")
    changes["bag-info.txt"] = b"\n".join([*info[:5], b""])
    changes["VERIFY.txt"] = b"all is well\n"
    return "as first format", finish(scene, changes, fitting=True)


# --- Replays, and keys of others ----------------------------------------------


def _older(scene: Scene) -> Files:
    if scene.older is None:
        raise NotHereError
    return scene.older


def _from_other(
    other: Callable[[Scene], Files], wanted: Callable[[str], bool], *, fitting: bool
) -> Callable[[Scene], tuple[str, bytes]]:
    """Files of another bundle in place of those of the same name."""

    def kind(scene: Scene) -> tuple[str, bytes]:
        names = [n for n in scene.files if wanted(n) and n in other(scene)]
        if not names:
            raise NotHereError
        changes: dict[str, bytes | None] = {n: other(scene)[n] for n in names}
        shown = ", ".join(names[:3]) + (" …" if names[3:] else "")
        return f"{shown} of another bundle", finish(scene, changes, fitting=fitting)

    return kind


def _stranger(scene: Scene) -> Files:
    if scene.stranger is None:
        raise NotHereError
    return scene.stranger


def _own_key(scene: Scene, name: str) -> tuple[Ed25519PrivateKey, VerifierKey]:
    private = Ed25519PrivateKey.from_private_bytes(scene.dice.randbytes(32))
    return private, VerifierKey.ed25519(name, private.public_key().public_bytes_raw())


def forger_lists_own_key(scene: Scene) -> tuple[str, bytes]:
    """A key in trust/keys is exchanged for one of his own, under the same name."""
    lines = scene.files["trust/keys"].decode().splitlines()
    keyed = [i for i, line in enumerate(lines) if line.startswith(("log", "state"))]
    at = scene.dice.choice(keyed)
    parts = lines[at].split(" ")
    _, key = _own_key(scene, parts[1].split("+")[0])
    old, parts[1] = parts[1], key.text()
    lines[at] = " ".join(parts)
    keys = "".join(f"{line}\n" for line in lines)
    policy = scene.files["trust/policy"].replace(old.encode(), key.text().encode())
    changes: dict[str, bytes | None] = {
        "trust/keys": keys.encode(),
        "trust/policy": policy,
    }
    return f"own key as line {at}", finish(scene, changes, fitting=True)


def forger_signs_statement(scene: Scene) -> tuple[str, bytes]:
    """A statement is changed and signed with his own key; the proof carries it."""
    name = scene.any_file(lambda n: n.startswith("statements/"))
    envelope = json.loads(scene.files[name])
    payload = base64.b64decode(envelope["payload"]).replace(b'"time":"2', b'"time":"3')
    private, key = _own_key(scene, "x")
    kind = envelope["payloadType"].encode()
    pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    sig = base64.b64encode(private.sign(pae)).decode()
    first = {"keyid": key_id(key.public_key), "sig": sig}
    envelope["payload"] = base64.b64encode(payload).decode()
    envelope["signatures"] = [first, *envelope["signatures"][1:]]
    return f"{name} by own key", _new_statement(scene, name, envelope)


def forger_edits_signatures(scene: Scene) -> tuple[str, bytes]:
    """A signature of a statement is dropped, doubled, or the order changes."""
    name = scene.any_file(lambda n: n.startswith("statements/"))
    envelope = json.loads(scene.files[name])
    signatures = envelope["signatures"]
    at = scene.dice.randrange(len(signatures))
    how, changed = scene.dice.choice(
        [
            ("dropped", signatures[:at] + signatures[at + 1 :]),
            ("doubled", [*signatures, signatures[at]]),
            ("turned", signatures[::-1]),
            ("empty", [{**signatures[at], "sig": ""}]),
        ]
    )
    if changed == signatures:
        changed = [*signatures, {"keyid": "0" * 64, "sig": signatures[at]["sig"]}]
    envelope["signatures"] = changed
    what = f"{name}: signature {at} {how}"
    return what, _new_statement(scene, name, envelope)


def _new_statement(scene: Scene, name: str, envelope: object) -> bytes:
    data = json.dumps(
        envelope, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    proof_name = f"proofs/{name[11:19]}.tlog-proof"
    old = base64.b64encode(scene.files[name])
    proof = scene.files[proof_name].replace(old, base64.b64encode(data))
    return finish(scene, {name: data, proof_name: proof}, fitting=True)


def forger_signs_checkpoint(scene: Scene) -> tuple[str, bytes]:
    """The checkpoint is signed by his own key under the log's name, everywhere."""
    old = scene.files["checkpoint"]
    text = old[: old.index(b"\n\n") + 1]
    private, key = _own_key(scene, text.split(b"\n")[0].decode())
    hint = bytes.fromhex(key.text().split("+")[1])
    blob = base64.b64encode(hint + private.sign(text)).decode()
    line = f"\u2014 {key.name} {blob}\n".encode()
    # A line by an unknown key beside the genuine one is allowed; only a seal sees it.
    others = [b"", old[len(text) + 1 :]] if scene.sealed else [b""]
    kept = scene.dice.choice(others)
    return "checkpoint by own key", _new_checkpoint(scene, text + b"\n" + kept + line)


def forger_edits_cosignatures(scene: Scene) -> tuple[str, bytes]:
    """A signature line of the checkpoint is dropped, doubled or damaged."""
    old = scene.files["checkpoint"]
    head = old[: old.index(b"\n\n") + 2]
    lines = old[len(head) :].splitlines(keepends=True)
    at = scene.dice.randrange(len(lines))
    name, _, blob = lines[at].rpartition(b" ")
    signature = base64.b64decode(blob)
    damaged = _flip(signature, scene.dice.randrange(len(signature)), scene.dice)
    how, changed = scene.dice.choice(
        [
            ("dropped", lines[:at] + lines[at + 1 :]),
            ("doubled", [*lines, lines[at]]),
            ("damaged", [*lines[:at], name + b" " + base64.b64encode(damaged) + b"\n"]),
            ("first", [lines[-1], *lines[:-1]]),
        ]
    )
    return f"signature line {at} {how}", _new_checkpoint(
        scene, head + b"".join(changed)
    )


def _new_checkpoint(scene: Scene, note: bytes) -> bytes:
    """`note` in place of the checkpoint, in all proofs as well."""
    old = scene.files["checkpoint"]
    changes: dict[str, bytes | None] = {
        name: data.replace(old, note)
        for name, data in scene.files.items()
        if name.startswith("proofs/")
    }
    return finish(scene, {**changes, "checkpoint": note}, fitting=True)


def _is_checkpoint(name: str) -> bool:
    return name == "checkpoint"


def _is_log(name: str) -> bool:
    return name == "checkpoint" or name.startswith("proofs/")


def _is_trust(name: str) -> bool:
    return name.startswith("trust/")


def _is_seal(name: str) -> bool:
    return name in SEALS


def _is_stamp(name: str) -> bool:
    return name.endswith((".tsr", ".tsq")) or name.startswith(("tsa/", "stamps/"))


def _is_statement(name: str) -> bool:
    return name.startswith(("statements/", "proofs/"))


KINDS: dict[str, Callable[[Scene], tuple[str, bytes]]] = {
    "raw: flip in content": raw_flip_content,
    "raw: flip in local header": raw_flip_header,
    "raw: flip in directory": raw_flip_directory,
    "raw: flip anywhere": raw_flip_anywhere,
    "raw: truncate": raw_truncate,
    "raw: append": raw_append,
    "raw: prepend": raw_prepend,
    "raw: delete": raw_delete,
    "raw: entry twice": raw_twice,
    "tree: flip": _change(_flip_bit, fitting=False),
    "tree: truncate": _change(_cut, fitting=False),
    "tree: extend": _change(_extend, fitting=False),
    "tree: lines": _change(_replace_line, fitting=False, text=True),
    "tree: swap": _swap(fitting=False),
    "tree: rename": _rename(fitting=False),
    "tree: duplicate": _add(copy=True, fitting=False),
    "tree: add": _add(copy=False, fitting=False),
    "tree: remove": _remove(fitting=False),
    "forger: flip": _change(_flip_bit, fitting=True),
    "forger: truncate": _change(_cut, fitting=True),
    "forger: extend": _change(_extend, fitting=True),
    "forger: lines": _change(_replace_line, fitting=True, text=True),
    "forger: swap": _swap(fitting=True),
    "forger: rename": _rename(fitting=True),
    "forger: duplicate": _add(copy=True, fitting=True),
    "forger: add": _add(copy=False, fitting=True),
    "forger: remove": _remove(fitting=True),
    "forger: drop a group": forger_drops_group,
    "forger: first format": forger_downgrades,
    "forger: own key listed": forger_lists_own_key,
    "forger: own statement": forger_signs_statement,
    "forger: signatures": forger_edits_signatures,
    "forger: own checkpoint": forger_signs_checkpoint,
    "forger: cosignatures": forger_edits_cosignatures,
    "replay: older checkpoint": _from_other(_older, _is_checkpoint, fitting=True),
    "replay: older log": _from_other(_older, _is_log, fitting=True),
    "replay: older seals": _from_other(_older, _is_seal, fitting=False),
    "replay: older stamps": _from_other(_older, _is_stamp, fitting=True),
    "stranger: keys": _from_other(_stranger, _is_trust, fitting=True),
    "stranger: checkpoint": _from_other(_stranger, _is_checkpoint, fitting=True),
    "stranger: seals": _from_other(_stranger, _is_seal, fitting=False),
    "stranger: statements": _from_other(_stranger, _is_statement, fitting=True),
    "stranger: stamps": _from_other(_stranger, _is_stamp, fitting=True),
    **LOG_KINDS,
}
