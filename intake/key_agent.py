"""Keys that ssh-agent holds (draft-ietf-sshm-ssh-agent): Ed25519 only.

The agent signs whatever it is given, so its socket must be as private as a key file.
Which agent: the one that SSH_AUTH_SOCK names.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from paramiko.agent import (  # type: ignore[import-untyped]  # no types
    AgentKey,
    AgentSSH,
)
from paramiko.message import Message  # type: ignore[import-untyped]  # no types
from paramiko.ssh_exception import (  # type: ignore[import-untyped]  # no types
    SSHException,
)

from intake.key_reference import AgentReference, KeyUnavailable
from integrity.keys import SIGNATURE_BYTES, signature_verifies

ALGORITHM = "ssh-ed25519"  # RFC 8709
# One conversation with the agent at a time; it answers in well under a millisecond.
_lock = threading.Lock()
TIMEOUT_S = 60.0  # an agent may ask its holder to confirm (ssh-add -c)


class AgentSigner:
    """A signer whose private key never leaves the agent."""

    def __init__(self, reference: AgentReference, name: str) -> None:
        """Raises KeyUnavailable: no agent, or it does not hold this key."""
        self.name = name
        self._reference = reference
        with _agent_key(reference) as key:
            self.public_key = _public_key(key.blob)

    def sign(self, message: bytes) -> bytes:
        """See Signer."""
        with _agent_key(self._reference) as key:
            answer = Message(key.sign_ssh_data(message))
        algorithm, signature = answer.get_text(), bytes(answer.get_binary())
        if algorithm != ALGORITHM or len(signature) != SIGNATURE_BYTES:
            raise KeyUnavailable("key_agent_absent", self._reference.text())
        # What another program signed for us is looked at before it is used.
        if not signature_verifies(self.public_key, signature, message):
            raise KeyUnavailable("key_agent_absent", self._reference.text())
        return signature


def fingerprint_of(blob: bytes) -> str:
    """The fingerprint of a public key as `ssh-add -l` prints it."""
    digest = hashlib.sha256(blob).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class _Conversation(AgentSSH):  # type: ignore[misc]  # no types
    """One connection to the agent, closed by whoever opened it."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connect(connection)


@contextmanager
def _agent_key(reference: AgentReference) -> Iterator[AgentKey]:
    where = reference.text()
    with _lock, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(TIMEOUT_S)
            connection.connect(os.environ.get("SSH_AUTH_SOCK", ""))
            yield _held(_Conversation(connection), reference)
        except (SSHException, OSError, EOFError, ValueError) as error:
            raise KeyUnavailable("key_agent_absent", where) from error


def _held(agent: AgentSSH, reference: AgentReference) -> AgentKey:
    for key in agent.get_keys():
        named = key.get_name() == ALGORITHM
        if named and fingerprint_of(key.blob) == reference.fingerprint:
            return key
    raise KeyUnavailable("key_agent_lacks", reference.text())


def _public_key(blob: bytes) -> bytes:
    """The 32 bytes of an `ssh-ed25519` public key blob (RFC 8709, section 4)."""
    message = Message(blob)
    message.get_text()
    return bytes(message.get_binary())
