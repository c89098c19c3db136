from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient


def _first_feed(client: SandboxClient) -> str:
    id_: str = client.list("feeds")[0]["id"]
    return id_


def test_columns_and_rows_are_deleted_with_their_feed(client: SandboxClient) -> None:
    feed = client.create("feeds", name="Shoes")
    assert feed["attributes"] == {"name": "Shoes", "status": "uploaded", "source": "API"}
    column = client.create("feed_columns", name="price", feed_id=feed["id"])
    row = client.create("feed_rows", feed_id=feed["id"], product_identifier="A", data='{"price":"1"}')
    assert client.list(f"feeds/{feed['id']}/feed_columns") == [column]
    assert client.list(f"feeds/{feed['id']}/feed_rows") == [row]
    assert client.call("DELETE", f"feeds/{feed['id']}").status_code == 204
    assert client.get(f"feed_columns/{column['id']}").status_code == 404
    assert client.get(f"feed_rows/{row['id']}").status_code == 404
    assert client.list(f"feeds/{_first_feed(client)}/feed_rows")


def test_columns_and_rows_are_listed_for_the_named_feeds(client: SandboxClient) -> None:
    first = _first_feed(client)
    second = client.create("feeds", name="Second")["id"]
    client.create("feed_columns", name="only", feed_id=second)
    both = client.get(f"feed_columns?filter[feed_id]={first}&filter[feed_id]={second}").json()["data"]
    assert [column["attributes"]["name"] for column in both] == ["only", "price", "title"]
    assert client.get("feed_columns").status_code == 400
    assert client.get("feed_rows").status_code == 400


def test_a_column_can_move_to_another_feed(client: SandboxClient) -> None:
    first = _first_feed(client)
    second = client.create("feeds", name="Second")["id"]
    column = client.list(f"feeds/{first}/feed_columns")[0]["id"]
    assert client.write("PATCH", f"feed_columns/{column}", feed_id=second).status_code == 200
    assert [one["id"] for one in client.list(f"feeds/{second}/feed_columns")] == [column]
    assert client.write("PATCH", f"feed_columns/{column}", feed_id="abcd1234").status_code == 404
