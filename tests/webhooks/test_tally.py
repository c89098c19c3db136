from __future__ import annotations

import threading

from jebbitctl.webhooks.endpoint import EndpointResponse
from jebbitctl.webhooks.tally import Failure, Summary, Tally


def tally_of(*responses: EndpointResponse) -> Summary:
    tally = Tally()
    for response in responses:
        tally.add(response)
    return tally.summary()


def test_a_summary_counts_all_deliveries_and_only_measures_those_with_a_response() -> None:
    accepted = [EndpointResponse(200, seconds / 100) for seconds in range(100, 0, -1)]
    refused, again = EndpointResponse(500, 9.0, b"first"), EndpointResponse(500, 8.0, b"second")
    failed = EndpointResponse(None, 99.0, error="x")
    assert tally_of(*accepted, refused, again, failed) == Summary(
        accepted=100,
        statuses={200: 100, 500: 2},
        errors={"x": 1},
        failures={"returned 500": Failure(2, refused), "x": Failure(1, failed)},
        minimum=0.01,
        median=0.515,
        p99=8.0,
    )


def test_a_summary_of_one_delivery_and_of_none() -> None:
    assert tally_of(EndpointResponse(204, 0.5)) == Summary(1, {204: 1}, {}, {}, 0.5, 0.5, 0.5)
    failed = EndpointResponse(None, 1.0, error="x")
    assert tally_of(failed) == Summary(0, {}, {"x": 1}, {"x": Failure(1, failed)}, None, None, None)
    assert tally_of() == Summary(0, {}, {}, {}, None, None, None)


def test_the_count_of_a_summary_is_that_of_the_responses_and_errors() -> None:
    responses = (EndpointResponse(200, 1.0), EndpointResponse(403, 1.0))
    assert tally_of(*responses, EndpointResponse(None, 1.0, error="x")).count == 3


def test_p99_is_a_measured_time() -> None:
    summary = tally_of(*(EndpointResponse(200, float(seconds)) for seconds in range(1, 201)))
    assert (summary.minimum, summary.median, summary.p99) == (1.0, 100.5, 198.0)


def test_no_response_of_several_threads_is_missing_from_a_tally() -> None:
    tally = Tally()

    def add() -> None:
        for _ in range(500):
            tally.add(EndpointResponse(403, 1.0))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    summary = tally.summary()
    assert summary.count == summary.failures["returned 403"].count == 2000
