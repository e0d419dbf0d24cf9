"""Why there is no verdict on an answer.

JudgeError                permanent: False (asking again may help) or True (it cannot)
├── NoJudge               permanent: no language model is configured for the task
├── JudgeUnavailable      the model could not be asked, or refused; permanent as the model's own error
└── UnreadableVerdict     permanent: what it said is no verdict
"""
# ruff: noqa: N818 - the names say what happened.


class JudgeError(Exception):
    """The message is a sentence for whoever runs the evaluation."""

    permanent: bool = True


class NoJudge(JudgeError):
    """Nobody to ask."""


class JudgeUnavailable(JudgeError):
    """The model did not do its work."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class UnreadableVerdict(JudgeError):
    """The reply holds no verdict, or none that the rubric has."""
