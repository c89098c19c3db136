"""The operations that Jebbit documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.support import SandboxClient


def operations(client: SandboxClient) -> Iterator[tuple[str, str, str, dict[str, Any] | None, int]]:
    """Yield method, path template, path, attributes and status of each documented operation.

    The order matters: resources are deleted last.
    """
    feed, campaign = client.list("feeds")[0]["id"], client.list("campaigns")[-1]["id"]
    integration = client.integration()["id"]
    ids = {
        "feed_columns": client.create("feed_columns", feed_id=feed, name="a")["id"],
        "feed_rows": client.create("feed_rows", feed_id=feed, product_identifier="a", data={})["id"],
        "feeds": client.create("feeds", name="a")["id"],
        "integration_mappings": client.create(
            "integration_mappings", integration_id=integration, jebbit_var="a", client_var="b"
        )["id"],
        "integrations": client.integration()["id"],
    }
    new: dict[str, dict[str, Any]] = {
        "feed_columns": {"feed_id": feed, "name": "b"},
        "feed_rows": {"feed_id": feed, "product_identifier": "b", "data": "{}"},
        "feeds": {"name": "b"},
        "integration_mappings": {"integration_id": integration, "jebbit_var": "a", "client_var": "b"},
        "integrations": {"endpoint": "https://a.example"},
    }
    backfill = client.create("integration_historic_backfills", integration_id=integration)["id"]
    yield "GET", "/api/v1/self", "self", None, 200
    yield "GET", "/api/v1/campaigns", "campaigns", None, 200
    yield "GET", "/api/v1/campaigns/{campaign_id}", f"campaigns/{campaign}", None, 200
    yield (
        "GET",
        "/api/v1/campaigns/{campaign_id}/launch_links",
        f"campaigns/{campaign}/launch_links",
        None,
        200,
    )
    yield "GET", "/api/v1/feeds/{feed_id}/feed_columns", f"feeds/{feed}/feed_columns", None, 200
    yield "GET", "/api/v1/feeds/{feed_id}/feed_rows", f"feeds/{feed}/feed_rows", None, 200
    for type_, id_ in ids.items():
        query = f"?filter[feed_id]={feed}" if type_ in {"feed_columns", "feed_rows"} else ""
        one = f"/api/v1/{type_}/{{{type_.removesuffix('s')}_id}}"
        yield "GET", f"/api/v1/{type_}", f"{type_}{query}", None, 200
        yield "POST", f"/api/v1/{type_}", type_, new[type_], 201
        yield "GET", one, f"{type_}/{id_}", None, 200
        yield "PATCH", one, f"{type_}/{id_}", new[type_], 200
        if type_ == "integrations":
            yield "POST", f"{one}/test", f"{type_}/{id_}/test", {}, 200
        yield "DELETE", one, f"{type_}/{id_}", None, 204
    backfills, one = "integration_historic_backfills", "integration_historic_backfills/{backfill_id}"
    yield "GET", f"/api/v1/{backfills}", backfills, None, 200
    yield "POST", f"/api/v1/{backfills}", backfills, {"integration_id": integration}, 201
    yield "GET", f"/api/v1/{one}", f"{backfills}/{backfill}", None, 200
    yield "PATCH", f"/api/v1/{one}", f"{backfills}/{backfill}", {}, 400
