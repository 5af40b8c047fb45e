"""Where a private key lies, written in one line, and why it cannot be reached.

Three kinds of places:

    file:log.key                      PKCS #8 PEM, in the keys folder or absolute
    agent:SHA256:<fingerprint>        a key that ssh-agent holds
    pkcs11:token=…;object=…?module-path=/…   a key in a token (RFC 7512)

A reference is printed and kept in a file, so it holds no secret: passphrase and PIN
are settings of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from intake.errors import ERRORS, Facts, Refused
from integrity.errors import SigningRefused

MAX_REFERENCE = 1000  # a PKCS #11 URI with every attribute is shorter
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_PATH_ATTRIBUTES = ("token", "serial", "manufacturer", "model", "object", "id", "type")
_QUERY_ATTRIBUTES = ("module-path", "pin-source")
# RFC 7512, section 2.3: besides unreserved characters these may stand unescaped.
_PATH_SAFE = ":[]@!$'()*+,=&"
_QUERY_SAFE = "/:[]@!$'()*+,="


class KeyUnavailable(SigningRefused):
    """A private key cannot be used now; nothing is wrong with the log.

    `code` names the row of words, `where` is the reference of the key.
    """

    def __init__(self, code: str, where: str, **facts: object) -> None:
        said = {"where": where} | facts
        super().__init__(ERRORS[code].en.format_map(Facts(said)).rstrip("."))
        self.code = code
        self.facts = dict(said)


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """What is needed to reach keys beside their reference.

    Attributes:
        folder: the keys folder of the home; file names are relative to it.
        passphrase: of encrypted key files; None where none was given.
        pin: of tokens; None where none was given.
    """

    folder: Path
    passphrase: bytes | None = None
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class FileReference:
    """A key file, by its name in the keys folder or its absolute path."""

    path: str

    def text(self) -> str:
        """The reference as it is written."""
        return f"file:{self.path}"

    def within(self, folder: Path) -> Path:
        """The file."""
        return folder / self.path


@dataclass(frozen=True, slots=True)
class AgentReference:
    """A key of ssh-agent, by the fingerprint that `ssh-add -l` prints."""

    fingerprint: str

    def text(self) -> str:
        """The reference as it is written."""
        return f"agent:{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class TokenReference:
    """A key object of a PKCS #11 token (RFC 7512); None: the attribute is not given.

    `module` is the absolute path of the token's library.
    """

    module: str
    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    object: str | None = None
    id: bytes | None = None
    pin_source: str | None = None

    def text(self) -> str:
        """The URI, its attributes in one order."""
        named = (
            ("token", self.token),
            ("serial", self.serial),
            ("manufacturer", self.manufacturer),
            ("model", self.model),
            ("object", self.object),
        )
        path = [f"{n}={quote(v, safe=_PATH_SAFE)}" for n, v in named if v is not None]
        if self.id is not None:
            path.append("id=" + "".join(f"%{byte:02X}" for byte in self.id))
        query = [f"module-path={quote(self.module, safe=_QUERY_SAFE)}"]
        if self.pin_source is not None:
            query.append(f"pin-source={quote(self.pin_source, safe=_QUERY_SAFE)}")
        return f"pkcs11:{';'.join(path)}?{'&'.join(query)}"


Reference = FileReference | AgentReference | TokenReference


def parse_reference(text: str) -> Reference:
    """The place that `text` names.

    Raises:
        Refused: it names none; the reason says what is wrong.
    """
    scheme, colon, rest = text.partition(":")
    if not colon or len(text) > MAX_REFERENCE or not text.isprintable():
        raise _refused(text, "file:…, agent:SHA256:… or pkcs11:…")
    if scheme == "file":
        return _file(text, rest)
    if scheme == "agent":
        if not _FINGERPRINT.fullmatch(rest):
            raise _refused(text, "agent:SHA256: and 43 characters (ssh-add -l)")
        return AgentReference(rest)
    if scheme == "pkcs11":
        return _token(text, rest)
    raise _refused(text, "file:…, agent:SHA256:… or pkcs11:…")


def _file(text: str, path: str) -> FileReference:
    # Either a plain name in the keys folder or an absolute path: nothing that
    # depends on where a command happens to be run.
    if not path.startswith("/") and (not path or "/" in path or path in {".", ".."}):
        raise _refused(text, "file:NAME or file:/absolute/path")
    return FileReference(path)


def _token(text: str, rest: str) -> TokenReference:
    path_text, _, query_text = rest.partition("?")
    path = _attributes(text, path_text, ";", _PATH_ATTRIBUTES)
    query = _attributes(text, query_text, "&", _QUERY_ATTRIBUTES)
    module = query.get("module-path", b"").decode()
    if not module.startswith("/"):
        raise _refused(text, "?module-path=/… (the token's library)")
    if path.get("type", b"private") != b"private":
        raise _refused(text, "type=private")
    if "object" not in path and "id" not in path:
        raise _refused(text, "object=… or id=…")
    words = {
        name: path[name].decode()
        for name in ("token", "serial", "manufacturer", "model", "object")
        if name in path
    }
    source = query.get("pin-source")
    return TokenReference(
        module,
        id=path.get("id"),
        pin_source=None if source is None else source.decode(),
        **words,
    )


def _attributes(
    text: str, part: str, separator: str, known: tuple[str, ...]
) -> dict[str, bytes]:
    """Attributes of one part, percent-decoded; each at most once (RFC 7512, 2.3)."""
    found: dict[str, bytes] = {}
    for piece in part.split(separator) if part else []:
        name, equals, value = piece.partition("=")
        if name == "pin-value":
            raise _refused(text, "no pin-value; use CUSTODY_KEY_PIN_FILE or pin-source")
        if not equals or name not in known or name in found:
            raise _refused(text, f"each of {', '.join(known)} at most once")
        found[name] = _decoded(text, value, as_text=name != "id")
    return found


def _decoded(text: str, value: str, *, as_text: bool) -> bytes:
    raw = unquote(value, encoding="latin-1").encode("latin-1", errors="replace")
    if as_text:
        try:
            return unquote(value, errors="strict").encode()
        except UnicodeDecodeError:
            raise _refused(text, "UTF-8") from None
    return raw


def _refused(text: str, wanted: str) -> Refused:
    return Refused("key_reference", reference=text[:200], wanted=wanted)
