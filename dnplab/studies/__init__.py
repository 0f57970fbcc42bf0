"""Questions that one computation answers: closed forms, rates, trajectories, transients. One study a module."""

from dnplab.studies.base import Study, StudyResult, fingerprint_of, no_progress

__all__ = ["Study", "StudyResult", "fingerprint_of", "no_progress"]
