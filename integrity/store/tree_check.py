"""The checker's look at the stored nodes: those of the statements, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete
from sqlalchemy.orm import Session

from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding
from integrity.store.judgement import Judgement
from integrity.store.nodes import Node, stray_nodes
from integrity.store.tables import LogNode
from integrity.store.walk import DATABASE


def tree_findings(judgement: Judgement, session: Session) -> Iterator[Finding]:
    """What is wrong with the trees of all logs, in the session that the walk read."""
    if judgement.walked.broken is not None:
        return  # a lost statement was named; the tree above it cannot be recomputed
    for place, value in judgement.walked.nodes:
        yield _bad_node(judgement, place, value)
    origins = judgement.log.keys.trusted.origins()
    for place in stray_nodes(session, judgement.leaves, origins):
        yield _bad_node(judgement, place, None)


def _bad_node(judgement: Judgement, place: Node, value: bytes | None) -> Finding:
    level, index = place
    rewrite = partial(_rewrite, judgement.log, place, value)
    mend = rewrite if judgement.sure else None
    return Finding("tree_node", DATABASE, f"node {level}/{index}", mend=mend)


def _rewrite(log: CustodyLog, place: Node, value: bytes | None) -> None:
    level, index = place
    here = (LogNode.level == level) & (LogNode.index == index)
    with writing(log.engine) as session:
        session.execute(delete(LogNode).where(here))
        if value is not None:
            session.add(LogNode(level=level, index=index, hash=value))
