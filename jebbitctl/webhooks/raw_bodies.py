"""The advice to verify the raw bytes of a request, and how each language reads them."""

from __future__ import annotations

RAW_BODY = {
    "JavaScript": 'express.raw({type: "application/json"}) in Express, await request.text() in Next.js',
    "Python": "request.get_data() in Flask, request.body in Django, await request.body() in FastAPI",
    "PHP": "file_get_contents('php://input'), $request->getContent() in Laravel",
    "Ruby": "request.raw_post in Rails, request.body.read in Sinatra",
    "Go": "io.ReadAll(r.Body)",
    "Java": "@RequestBody byte[] body in Spring, request.getInputStream().readAllBytes() in a servlet",
}
"""By the language's name as in :class:`~jebbitctl.webhooks.json_variants.JsonVariant`."""
READ_RAW = "Verify the raw bytes of the request, before anything decodes, parses or changes them."


def read_raw(*languages: str) -> str:
    """Return the advice to verify raw bytes, with the calls of these languages."""
    calls = "; ".join(f"{language}: {RAW_BODY[language]}" for language in languages if language in RAW_BODY)
    return f"{READ_RAW[:-1]} ({calls})." if calls else READ_RAW
