"""Every operation of the REST specification: statuses, kinds of errors, members and headers of its answers, as a table."""

import json
import unittest

from server.serving import Server
from storage.pyiceberg_warehouse import WarehouseTest

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": True}]}
TABLE = {"name": "t", "schema": SCHEMA}
VIEW = {"name": "v", "schema": SCHEMA, "properties": {}, "view-version": {
    "version-id": 1, "timestamp-ms": 1, "schema-id": 0, "summary": {}, "default-namespace": ["a"],
    "representations": [{"type": "sql", "sql": "select 1", "dialect": "spark"}]}}
LOADED = {"metadata-location", "metadata", "config"}


def commit(*updates, requirements=()):
    return {"requirements": list(requirements), "updates": list(updates)}


def change(source, destination):
    return {"source": {"namespace": ["a"], "name": source}, "destination": {"namespace": [destination[0]], "name": destination[1]}}


# In this order, on one catalog: method, path, body, status, and the error's type or the members of the answer.
OPERATIONS = [
    ("GET", "/config", None, 200, {"defaults", "overrides", "endpoints", "idempotency-key-lifetime"}),
    ("GET", "/config?warehouse=none", None, 404, "NoSuchWarehouseException"),
    ("POST", "/namespaces", {"namespace": ["a"], "properties": {"k": "v"}}, 200, {"namespace", "properties"}),
    ("POST", "/namespaces", {"namespace": ["a"]}, 409, "AlreadyExistsException"),
    ("POST", "/namespaces", {"namespace": []}, 400, "BadRequestException"),
    ("POST", "/namespaces", {"namespace": ["a", "b"]}, 200, {"namespace", "properties"}),
    ("GET", "/namespaces", None, 200, {"namespaces"}),
    ("GET", "/namespaces?parent=", None, 200, {"namespaces"}),
    ("GET", "/namespaces?parent=a", None, 200, {"namespaces"}),
    ("GET", "/namespaces?parent=none", None, 404, "NoSuchNamespaceException"),
    ("GET", "/namespaces?pageToken=&pageSize=0", None, 400, "BadRequestException"),
    ("GET", "/namespaces/a", None, 200, {"namespace", "properties"}),
    ("GET", "/namespaces/a%1Fb", None, 200, {"namespace", "properties"}),
    ("GET", "/namespaces/none", None, 404, "NoSuchNamespaceException"),
    ("HEAD", "/namespaces/a", None, 204, None),
    ("HEAD", "/namespaces/none", None, 404, None),
    ("POST", "/namespaces/a/properties", {"removals": ["k", "x"], "updates": {"l": "v"}}, 200, {"updated", "removed", "missing"}),
    ("POST", "/namespaces/a/properties", {"removals": ["k"], "updates": {"k": "v"}}, 422, "UnprocessableEntityException"),
    ("POST", "/namespaces/none/properties", {"updates": {"k": "v"}}, 404, "NoSuchNamespaceException"),
    ("POST", "/namespaces/a/tables", TABLE, 200, LOADED),
    ("POST", "/namespaces/a/tables", TABLE, 409, "AlreadyExistsException"),
    ("POST", "/namespaces/none/tables", TABLE, 404, "NoSuchNamespaceException"),
    ("POST", "/namespaces/a/tables", {"name": "u"}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables", {**TABLE, "name": "staged", "stage-create": True}, 200, {"metadata", "config"}),
    ("GET", "/namespaces/a/tables", None, 200, {"identifiers"}),
    ("GET", "/namespaces/none/tables", None, 404, "NoSuchNamespaceException"),
    ("GET", "/namespaces/a/tables/t", None, 200, LOADED),
    ("GET", "/namespaces/a/tables/t?snapshots=refs", None, 200, LOADED),
    ("GET", "/namespaces/a/tables/t?snapshots=some", None, 400, "BadRequestException"),
    ("GET", "/namespaces/a/tables/t?referenced-by=a%1Fv", None, 200, LOADED),
    ("GET", "/namespaces/a/tables/none", None, 404, "NoSuchTableException"),
    ("HEAD", "/namespaces/a/tables/t", None, 204, None),
    ("HEAD", "/namespaces/a/tables/none", None, 404, None),
    ("POST", "/namespaces/a/tables/t", commit({"action": "set-properties", "updates": {"a": "b"}}), 200,
     {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/tables/t", {"updates": [{"action": "set-properties", "updates": {"a": "b"}}]}, 200,
     {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/tables/t", {"requirements": None, "updates": [{"action": "set-properties", "updates": {}}]}, 200,
     {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/tables/t", {"requirements": {}, "updates": []}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/none", {"updates": []}, 404, "NoSuchTableException"),
    ("POST", "/namespaces/a/tables/t", commit(requirements=[{"type": "assert-nothing"}]), 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/t", commit({"action": "do-nothing"}), 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/t", commit(requirements=[{"type": "assert-table-uuid", "uuid": "x"}]), 409,
     "CommitFailedException"),
    ("POST", "/namespaces/a/tables/t", commit(requirements=[{"type": "assert-create"}]), 409, "CommitFailedException"),
    ("POST", "/namespaces/a/tables/none", commit(), 404, "NoSuchTableException"),
    ("GET", "/namespaces/a/tables/t/credentials", None, 200, {"storage-credentials"}),
    ("GET", "/namespaces/a/tables/none/credentials", None, 404, "NoSuchTableException"),
    ("POST", "/namespaces/a/tables/t/sign", {"method": "GET", "region": "r", "uri": "http://s/b/k", "headers": {}}, 400,
     "BadRequestException"),
    ("POST", "/namespaces/a/tables/t/metrics", {"report-type": "scan-report", "table-name": "t"}, 204, None),
    ("POST", "/namespaces/a/tables/t/metrics", {"report-type": "other"}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/none/metrics", {"report-type": "scan-report"}, 404, "NoSuchTableException"),
    ("POST", "/namespaces/a/tables/t/plan", {}, 200, {"status", "plan-id", "file-scan-tasks"}),
    ("POST", "/namespaces/a/tables/t/plan", {"snapshot-id": 5}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/t/plan", {"filter": {"type": "eq"}}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/tables/none/plan", {}, 404, "NoSuchTableException"),
    ("GET", "/namespaces/a/tables/t/plan/none", None, 404, "NoSuchPlanIdException"),
    ("DELETE", "/namespaces/a/tables/t/plan/none", None, 404, "NoSuchPlanIdException"),
    ("POST", "/namespaces/a/tables/t/tasks", {"plan-task": "none"}, 404, "NoSuchPlanTaskException"),
    ("POST", "/namespaces/a/tables/t/tasks", {}, 400, "BadRequestException"),
    ("POST", "/tables/rename", change("none", ("a", "u")), 404, "NoSuchTableException"),
    ("POST", "/tables/rename", change("t", ("none", "u")), 404, "NoSuchNamespaceException"),
    ("POST", "/tables/rename", change("t", ("a", "t")), 409, "AlreadyExistsException"),
    ("POST", "/tables/rename", change("t", ("a", "u")), 204, None),
    ("POST", "/namespaces/a/register", {"name": "u", "metadata-location": "{location}"}, 409, "AlreadyExistsException"),
    ("POST", "/namespaces/a/register", {"name": "u", "metadata-location": "{location}", "overwrite": True}, 200, LOADED),
    ("POST", "/namespaces/none/register", {"name": "u", "metadata-location": "{location}"}, 404, "NoSuchNamespaceException"),
    ("POST", "/namespaces/a/register", {"name": "r"}, 400, "BadRequestException"),
    ("POST", "/transactions/commit", {"table-changes": [{"identifier": {"namespace": ["a"], "name": "u"}, **commit(
        {"action": "set-properties", "updates": {"c": "d"}})}]}, 204, None),
    ("POST", "/transactions/commit", {"table-changes": [{"identifier": {"namespace": ["a"], "name": "none"}, **commit()}]}, 404,
     "NoSuchTableException"),
    ("POST", "/transactions/commit", {}, 400, "BadRequestException"),
    ("POST", "/namespaces/a/views", VIEW, 200, {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/views", VIEW, 409, "AlreadyExistsException"),
    ("POST", "/namespaces/a/views", {**VIEW, "name": "u"}, 409, "AlreadyExistsException"),
    ("POST", "/namespaces/none/views", VIEW, 404, "NoSuchNamespaceException"),
    ("GET", "/namespaces/a/views", None, 200, {"identifiers"}),
    ("GET", "/namespaces/a/views/v", None, 200, {"metadata-location", "metadata"}),
    ("GET", "/namespaces/a/views/u", None, 404, "NoSuchViewException"),
    ("GET", "/namespaces/a/tables/v", None, 404, "NoSuchTableException"),
    ("HEAD", "/namespaces/a/views/v", None, 204, None),
    ("HEAD", "/namespaces/a/views/none", None, 404, None),
    ("POST", "/namespaces/a/views/v", commit({"action": "set-properties", "updates": {"a": "b"}}), 200,
     {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/views/v", commit(requirements=[{"type": "assert-view-uuid", "uuid": "x"}]), 409,
     "CommitFailedException"),
    ("POST", "/namespaces/a/views/none", commit(), 404, "NoSuchViewException"),
    ("POST", "/views/rename", change("none", ("a", "w")), 404, "NoSuchViewException"),
    ("POST", "/views/rename", change("v", ("a", "u")), 409, "AlreadyExistsException"),
    ("POST", "/views/rename", change("v", ("a", "w")), 204, None),
    ("DELETE", "/namespaces/a/views/w", None, 204, None),
    ("DELETE", "/namespaces/a/views/w", None, 404, "NoSuchViewException"),
    ("DELETE", "/namespaces/a", None, 409, "NamespaceNotEmptyException"),
    ("POST", "/namespaces/a/tables/none/unregister", None, 404, "NoSuchTableException"),
    ("POST", "/namespaces/a/tables/u/unregister", None, 200, {"metadata-location", "metadata"}),
    ("POST", "/namespaces/a/register", {"name": "r", "metadata-location": "{location}"}, 200, LOADED),
    ("DELETE", "/namespaces/a/tables/r?purgeRequested=perhaps", None, 400, "BadRequestException"),
    ("DELETE", "/namespaces/a/tables/r?purgeRequested=true", None, 204, None),
    ("DELETE", "/namespaces/a/tables/r", None, 404, "NoSuchTableException"),
    ("DELETE", "/namespaces/a%1Fb", None, 204, None),
    ("DELETE", "/namespaces/a", None, 204, None),
    ("DELETE", "/namespaces/a", None, 404, "NoSuchNamespaceException"),
]

# Parts of the specification that some server may leave out, and this one does.
NOT_OFFERED = [("GET", "/namespaces/a/functions"), ("GET", "/namespaces/a/functions/f"),
               ("GET", "/namespaces/none/functions")]


class Specification(WarehouseTest):
    def setUp(self):
        super().setUp()
        self.warehouse.mkdir()
        self.server = self.enterContext(Server("--warehouse", f"{self.NAME}={self.warehouse}"))

    def test_every_operation(self):
        location = ""
        for method, path, body, status, wanted in OPERATIONS:
            with self.subTest(f"{method} {path}"):
                text = None if body is None else json.dumps(body).replace("{location}", location)
                found, fields, answer = self.server.get(f"/iceberg/v1{path}", method=method, body=text)
                self.assertEqual(found, status, answer)
                if wanted is None:
                    self.assertEqual(answer, "")
                    continue
                self.assertEqual(fields["Content-Type"], "application/json")
                answer = json.loads(answer)
                if isinstance(wanted, str):
                    self.assertEqual((answer["error"]["type"], answer["error"]["code"]), (wanted, status))
                    self.assertTrue(answer["error"]["message"])
                    continue
                self.assertLessEqual(wanted, set(answer))
                if "metadata-location" in answer and "/views" not in path:
                    location = answer["metadata-location"]
                    self.assertTrue(fields["ETag"])

    def test_what_is_offered_is_told_and_nothing_else(self):
        _, configuration = self.server.get_json("/iceberg/v1/config")
        offered = set(configuration["endpoints"])
        self.assertEqual(len(offered), len(configuration["endpoints"]))
        plan = "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan"
        self.assertLessEqual({f"POST {plan}", f"GET {plan}/{{plan-id}}", f"DELETE {plan}/{{plan-id}}"}, offered)
        self.assertFalse([endpoint for endpoint in offered if "functions" in endpoint])
        for method, path in NOT_OFFERED:
            status, answer = self.server.get_json(f"/iceberg/v1{path}", method=method)
            self.assertEqual((status, answer["error"]["type"]), (406, "UnsupportedOperationException"))


if __name__ == "__main__":
    unittest.main()
