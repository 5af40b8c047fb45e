"""Keys that a real ssh-agent holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from intake.key_agent import AgentSigner
from intake.key_reference import AgentReference, KeyUnavailable, parse_reference
from integrity.keys import signature_verifies
from tests.key_devices import Agent, ssh_agent

pytestmark = pytest.mark.tool("ssh-agent")


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """An agent of this test alone."""
    with ssh_agent() as running:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(running.socket))
        yield running


def reference(text: str) -> AgentReference:
    """The reference, as what it is."""
    found = parse_reference(text)
    assert isinstance(found, AgentReference)
    return found


def test_an_agent_signs_with_the_key_that_is_named(agent: Agent) -> None:
    """Of two keys in the agent the one with the fingerprint makes the signature."""
    agent.add("other")
    signer = AgentSigner(reference(agent.add("log")), "log")
    signature = signer.sign(b"message")
    assert signature_verifies(signer.public_key, signature, b"message")
    assert not signature_verifies(signer.public_key, signature, b"other")
    blob = (agent.folder / "log.pub").read_text().split()[1]
    assert blob.startswith("AAAAC3NzaC1lZDI1NTE5")


def test_a_key_that_is_taken_away_signs_no_more_and_comes_back(agent: Agent) -> None:
    """A signer outlives its key: it refuses while the agent lacks it."""
    signer = AgentSigner(reference(agent.add("log")), "log")
    agent.remove("log")
    with pytest.raises(KeyUnavailable) as caught:
        signer.sign(b"x")
    assert caught.value.code == "key_agent_lacks"
    agent._run("ssh-add", "-q", str(agent.folder / "log"))
    assert signature_verifies(signer.public_key, signer.sign(b"x"), b"x")


def test_a_key_of_another_kind_is_not_taken(agent: Agent) -> None:
    """An ECDSA key of the agent is no Ed25519 key, whatever its fingerprint."""
    with pytest.raises(KeyUnavailable) as caught:
        AgentSigner(reference(agent.add("pdf", "ecdsa")), "log")
    assert caught.value.code == "key_agent_lacks"


def test_without_an_agent_it_says_so(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket, a socket of nobody, an agent that ended: one sentence."""
    text = agent.add("log")
    signer = AgentSigner(reference(text), "log")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent.folder / "nobody"))
    with pytest.raises(KeyUnavailable) as caught:
        signer.sign(b"x")
    assert caught.value.code == "key_agent_absent"
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with pytest.raises(KeyUnavailable) as caught:
        AgentSigner(reference(text), "log")
    assert caught.value.code == "key_agent_absent"
