"""What a lead does about a decided case: ask about it once more, or overrule it. The case itself stays as it was."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.access import shown_id
from annotation.actions.people.notify import notify, page_path
from annotation.actions.queue.decide import Answer, UnableToDecide, decide
from annotation.actions.queue.reopen import UnableToReopen, reopen
from annotation.models import Case, Decision, User
from annotation.reading.experts.readiness import may_adjudicate
from annotation.reading.experts.routing_rules import answered_by

LONGEST_NOTE = 160
OVERRULED = "overruled by a lead"


def send_back(decision: Decision, to: User | None, note: str, now: datetime) -> str:
    """Ask about the items of a settled case's decision again; returns what was done, as a sentence.

    They go into a new case, for any expert who may answer it blind or for `to`, who reads `note` before the answer. An
    expert whose answer stands is asked to look at it again: taken back, it can be given anew, and is not blind. Raises
    UnableToReopen where the items are asked about already, or nobody can have them.
    """
    with transaction.atomic():
        case = decision.case
        bulk.lock_dataset(case.dataset)
        if to and to.pk in answered_by(case):
            return _ask_to_look_again(case, to, note, now)
        done = reopen(case.dataset, [decision], Case.SENT_BACK + note, now, to)
        if not done.cases:
            raise UnableToReopen("Its items are asked about in an open case already; nothing was sent.")
        if done.for_lead:
            whom = f"{to.get_username()} can't" if to else "No expert can"
            raise UnableToReopen(
                f"{whom} have this case: an answer, a label or a pause stands in the way. Nothing was sent; you can "
                "overrule it, or leave it."
            )
        if to:
            notify(case.dataset, [to.pk], "A case was sent to you.", page_path(case.dataset, "queue"), now)
        return f"Sent to {to.get_username() if to else 'the experts'} as case {done.cases[0].pk}; its answer is new."


def _ask_to_look_again(case: Case, to: User, note: str, now: datetime) -> str:
    theirs = Decision.objects.standing().filter(case=case, expert=to).order_by("-id").first()
    before = f"?before={theirs.pk + 1}" if theirs else ""
    said = f": {note}" if note else "."
    text = f"The lead asks you to look at your answer to case {shown_id(case.pk)} again{said}"
    notify(case.dataset, [to.pk], text, page_path(case.dataset, "history") + before, now)
    return f"{to.get_username()} is asked to look at their own answer again; it stands until they take it back."


def overrule(decision: Decision, user: User, answer: Answer, now: datetime) -> Decision:
    """Decide a settled case anew as an adjudication, in a case that names the old one. `answer.cause` says why.

    The same token again is the same decision. Raises UnableToDecide for somebody with a part in it, and where its items
    are asked about in an open case.
    """
    with transaction.atomic():
        case = decision.case
        bulk.lock_dataset(case.dataset)
        twin = Decision.objects.filter(token=answer.token, expert=user).first()
        if twin:
            return twin
        if user.pk in answered_by(case) or not may_adjudicate(case, user):
            raise UnableToDecide(
                "You had a part in this case, so you can't overrule it: take your own answer back in My history, or "
                "send it to an expert."
            )
        done = reopen(case.dataset, [decision], OVERRULED, now)
        if not done.cases:
            raise UnableToDecide("Its items are asked about in an open case already; settle that one.")
        new = done.cases[0]
        new.awaits = Case.LEAD
        new.save(update_fields=["awaits"])
        return decide(new, user, answer, now)
