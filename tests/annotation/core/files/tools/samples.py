"""Small exports of annotation tools, made by the formats' documentation."""

TEXTS = ("the card was declined", "I cannot log in", "refund me, please", "locked out again")


def _choice(label, question="intent"):
    chosen = label if isinstance(label, list) else [label]
    return {"id": "r1", "type": "choices", "from_name": question, "to_name": "text", "value": {"choices": chosen}}


def _annotation(number, who, *result, cancelled=False):
    return {
        "id": str(number), "completed_by": who, "result": list(result), "was_cancelled": cancelled,
        "ground_truth": False, "created_at": f"2024-05-0{number}T10:00:00.000000Z", "lead_time": "4.2",
    }  # fmt: skip


LABEL_STUDIO = [
    {"id": "11", "data": {"text": TEXTS[0], "channel": "mail"}, "predictions": [{"result": []}],
     "annotations": [_annotation(1, "7", _choice("payment")), _annotation(2, "8", _choice("access"))]},
    {"id": "12", "data": {"text": TEXTS[1], "channel": "chat"}, "predictions": [],
     "annotations": [_annotation(3, "7", _choice("access")), _annotation(4, "8", cancelled=True)]},
    {"id": "13", "data": {"text": TEXTS[2], "channel": "mail"},
     "annotations": [_annotation(5, "7", _choice(["payment", "access"])),
                     _annotation(6, "8", _choice("payment"), _choice("high", "urgency"))]},
    {"id": "14", "data": {"text": TEXTS[3], "channel": "chat"}, "annotations": []},
]  # fmt: skip
LABEL_STUDIO_MIN = [
    {"text": TEXTS[0], "id": "11", "intent": "payment", "annotator": "7", "annotation_id": "1",
     "created_at": "2024-05-01T10:00:00Z", "updated_at": "2024-05-01T10:00:00Z", "lead_time": "4.2"},
    {"text": TEXTS[0], "id": "11", "intent": "access", "annotator": "8", "annotation_id": "2",
     "created_at": "2024-05-02T10:00:00Z", "updated_at": "2024-05-02T10:00:00Z", "lead_time": "3.1"},
    {"text": TEXTS[1], "id": "12", "intent": {"choices": ["access", "payment"]}, "annotator": "7", "annotation_id": "3",
     "created_at": "2024-05-03T10:00:00Z", "updated_at": "2024-05-03T10:00:00Z", "lead_time": "9"},
]  # fmt: skip
ARGILLA = [
    {"id": "a1", "fields": {"text": TEXTS[0]}, "metadata": {"channel": "mail"}, "vectors": {"v": ["0.1", "0.2"]},
     "suggestions": {"intent": {"value": "access", "score": "0.9", "agent": "some model"}}, "status": "completed",
     "responses": {"intent": [{"value": "payment", "user_id": "u1"}, {"value": "access", "user_id": "u2"}],
                   "why": [{"value": "says card", "user_id": "u1"}]}},
    {"id": "a2", "fields": {"text": TEXTS[1]}, "metadata": {"channel": "chat"}, "suggestions": {},
     "responses": {"intent": [{"value": "access", "user_id": "u1", "status": "submitted"},
                              {"value": "payment", "user_id": "u2", "status": "discarded"}]}},
    {"id": "a3", "fields": {"text": TEXTS[2]}, "metadata": {}, "suggestions": {}, "responses": {}},
]  # fmt: skip
ARGILLA_BY_USER = [
    {"external_id": "a1", "fields": {"text": TEXTS[0]}, "metadata": {}, "suggestions": [{"question_name": "intent"}],
     "responses": [{"user_id": "u1", "status": "submitted", "values": {"intent": {"value": "payment"}}},
                   {"user_id": "u2", "status": "draft", "values": {"intent": {"value": "access"}}}]},
]  # fmt: skip
DOCCANO = [
    {"id": "1", "text": TEXTS[0], "label": ["payment"], "channel": "mail", "Comments": []},
    {"id": "2", "text": TEXTS[1], "label": ["access", "payment"], "channel": "chat", "Comments": ["unsure"]},
    {"id": "3", "text": TEXTS[2], "label": [["0", "6", "word"]], "channel": "mail", "Comments": []},
    {"id": "4", "text": TEXTS[3], "label": [], "channel": "mail", "Comments": []},
]  # fmt: skip
DOCCANO_BY_USER = [
    {"id": "1", "text": TEXTS[0], "meta": {"channel": "mail"}, "annotation_approver": None,
     "annotations": [{"label": "2", "user": "1"}, {"label": "5", "user": "3"}]},
    {"id": "2", "text": TEXTS[1], "meta": {}, "annotation_approver": None,
     "annotations": [{"label": "2", "start_offset": "0", "end_offset": "4", "user": "1"}]},
]  # fmt: skip
_OPTIONS = [{"id": "PAY", "text": "payment"}, {"id": "2", "text": "access"}]


def _example(at, answer, accept, who="reviews-ann"):
    return {
        "text": TEXTS[at], "meta": {"channel": "mail"}, "_input_hash": str(100 + at), "_task_hash": f"-{at}",
        "options": _OPTIONS, "accept": accept, "answer": answer, "_annotator_id": who, "_session_id": who,
        "_timestamp": "1714557600",
    }  # fmt: skip


PRODIGY = [
    _example(0, "accept", ["PAY"]), _example(0, "accept", ["2"], "reviews-bob"), _example(1, "ignore", []),
    _example(2, "accept", ["PAY", "2"]), _example(3, "reject", ["2"]),
]  # fmt: skip
PRODIGY_BINARY = [
    {"text": TEXTS[0], "label": "payment", "answer": "accept", "_input_hash": "1", "_task_hash": "1", "spans": []},
    {"text": TEXTS[1], "label": "payment", "answer": "reject", "_input_hash": "2", "_task_hash": "2", "spans": []},
    {"text": TEXTS[2], "label": "payment", "answer": "ignore", "_input_hash": "3", "_task_hash": "3", "spans": []},
]  # fmt: skip
