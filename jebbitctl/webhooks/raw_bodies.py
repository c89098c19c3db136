"""How the raw bytes of a request are read in each language."""

from __future__ import annotations

READING_THE_RAW_BODY = {
    "JavaScript": 'express.raw({ type: "*/*" }) in Express, await request.text() in Next.js',
    "Python": "request.get_data() in Flask, request.body in Django, await request.body() in FastAPI",
    "PHP": "file_get_contents('php://input'), or $request->getContent() in Laravel",
    "Ruby": "request.body.read, or request.raw_post in Rails",
    "Go": "io.ReadAll(r.Body)",
    "Java": "@RequestBody byte[] in Spring, or request.getInputStream().readAllBytes()",
}
"""By the language's name as in :class:`~jebbitctl.webhooks.json_variants.JsonVariant`."""
