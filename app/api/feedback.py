"""`POST /answers/{id}/feedback`: the asker says whether an answer helped."""

from ninja import Field, Router, Schema

from app.accounts.scopes import Scope
from app.answers.models import Feedback
from app.api.answers import answer_of
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.fields import Comment, RequestBody
from app.api.problems import ProblemError
from app.telemetry.threads import in_thread

router = Router(tags=["answers"])


class FeedbackIn(RequestBody):
    value: Feedback.Value = Field(strict=False)
    reason: Feedback.Reason | None = Field(None, strict=False)
    comment: Comment = ""


class FeedbackOut(Schema):
    value: str
    reason: str
    comment: str


@router.post(
    "/answers/{int:answer_id}/feedback",
    response=FeedbackOut,
    operation_id="feedback",
    auth=ApiKeyAuth(Scope.FEEDBACK),
    summary="Judge an answer",
)
async def give_feedback(request: ApiRequest, answer_id: int, given: FeedbackIn) -> FeedbackOut:
    """Says whether an answer to a question of yours helped. Saying it again replaces what you said."""
    return await in_thread(keep, request.auth, answer_id, given)


def keep(caller: Caller, answer_id: int, given: FeedbackIn) -> FeedbackOut:
    answer = answer_of(caller, answer_id)
    if not answer.outcome:
        raise ProblemError(409, "The answer is still being made.")
    said = {"value": given.value.value, "reason": given.reason or "", "comment": given.comment}
    Feedback.objects.update_or_create(answer=answer, defaults=said)
    return FeedbackOut(**said)
