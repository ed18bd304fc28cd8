"""The only importer of dbos: one registered workflow, `job.v1`, on a store of its own."""

from app.engine.dbos.engine import DbosEngine, RunLimits

__all__ = ["DbosEngine", "RunLimits"]
