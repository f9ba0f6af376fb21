"""What S3 does and moto does not: signatures are checked, and the policy of a session decides what its keys may do.

A Guard stands before the application of object_store.py. It knows the secret of the store's owner, learns those of sessions
as STS hands them out, and answers 403 to what is not signed well, leaves a header x-amz-* out of its signature, or is more
than the session's policy allows. Standard library only.
"""

import datetime
import hashlib
import hmac
import io
import json
import re
import urllib.parse
import xml.etree.ElementTree as xml

EMPTY = hashlib.sha256(b"").hexdigest()


def local_name(element):
    return element.tag.rpartition("}")[2]


def pattern(text):
    """A pattern of a policy as a regular expression: * and ? are wildcards, but ${*}, ${?} and ${$} are characters."""
    parts = re.split(r"(\$\{[*?$]\}|[*?])", text)
    if any("${" in part for part in parts[::2]):
        raise ValueError(f"a variable in {text}")
    return re.compile("".join(
        re.escape(part) if not index % 2 else re.escape(part[2]) if len(part) > 1 else {"*": ".*", "?": "."}[part]
        for index, part in enumerate(parts)), re.DOTALL)


def listed(value):
    return value if isinstance(value, list) else [value]


def allows(policy, action, resource, context):
    """Whether a policy (parsed) has a statement for an action on a resource. It knows what Eider writes and nothing else."""
    for statement in policy["Statement"]:
        assert set(statement) <= {"Effect", "Action", "Resource", "Condition"} and statement["Effect"] == "Allow", statement
        if action not in statement["Action"]:
            continue
        if not any(pattern(one).fullmatch(resource) for one in listed(statement["Resource"])):
            continue
        conditions = statement.get("Condition", {})
        assert set(conditions) <= {"StringLike"}, conditions
        if all(name in context and any(pattern(one).fullmatch(context[name]) for one in listed(wanted))
               for name, wanted in conditions.get("StringLike", {}).items()):
            return True
    return False


def needs(method, bucket, key, query, body):
    """What a request has to be allowed: (action, resource, context)s."""
    arn = f"arn:aws:s3:::{bucket}"
    if not key:
        if method == "POST" and "delete" in query:
            keys = [one.text for one in xml.fromstring(body).iter() if local_name(one) == "Key"]
            return [("s3:DeleteObject", f"{arn}/{one}", {}) for one in keys]
        if method == "GET" and set(query) <= {"list-type", "prefix", "delimiter", "max-keys", "continuation-token",
                                              "start-after", "marker", "encoding-type", "fetch-owner", "x-id"}:
            context = {"s3:prefix": query["prefix"]} if "prefix" in query else {}
            return [("s3:ListBucket", arn, context)]
        return [("other", arn, {})]
    operation = set(query) - {"x-id", "partNumber"}
    action = {("GET", ""): "s3:GetObject", ("HEAD", ""): "s3:GetObject", ("PUT", ""): "s3:PutObject",
              ("PUT", "uploadId"): "s3:PutObject", ("POST", "uploads"): "s3:PutObject",
              ("POST", "uploadId"): "s3:PutObject", ("DELETE", ""): "s3:DeleteObject",
              ("DELETE", "uploadId"): "s3:AbortMultipartUpload"}.get((method, ",".join(sorted(operation))), "other")
    return [(action, f"{arn}/{key}", {})]


class Refused(Exception):
    pass


class Guard:
    def __init__(self, application, keys, owner):
        """`keys`: id to secret of those who may do everything. `owner`: the header X-Owner of whoever runs the store."""
        self.application = application
        self.sessions = {id: {"secret": secret, "token": None, "policy": None} for id, secret in keys.items()}
        self.owner = owner
        self.refusals = []

    def __call__(self, environ, start_response):
        if environ.get("HTTP_X_OWNER") == self.owner:
            if environ["PATH_INFO"] == "/_sessions":
                return self.answer(start_response, "200 OK", json.dumps(self.sessions))
            if environ["PATH_INFO"] == "/_refusals":
                return self.answer(start_response, "200 OK", json.dumps(self.refusals))
            return self.application(environ, start_response)
        try:
            service = self.check(environ)
        except Refused as refusal:
            self.refusals.append(f"{environ['REQUEST_METHOD']} {environ['RAW_URI']}: {refusal}")
            return self.answer(start_response, "403 Forbidden",
                               f"<Error><Code>AccessDenied</Code><Message>{refusal}</Message></Error>", "application/xml")
        if service == "sts":
            return self.assume_role(environ, start_response)
        return self.application(environ, start_response)

    @staticmethod
    def answer(start_response, status, text, kind="application/json"):
        body = text.encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def body(environ):
        read = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(read)
        return read

    def check(self, environ):
        """Throws Refused; returns the service that is asked."""
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers |= {"content-type": environ.get("CONTENT_TYPE", ""), "content-length": environ.get("CONTENT_LENGTH", "")}
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^/]+)/([^/]+)/([^/]+)/aws4_request, ?"
                             r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not found:
            raise Refused("not signed")
        id, day, region, service, names, signature = found.groups()
        session = self.sessions.get(id)
        if not session:
            raise Refused(f"unknown key {id}")
        if session["token"] != headers.get("x-amz-security-token"):
            raise Refused("another session's token")
        names = names.split(";")
        unsigned = [name for name in headers if name.startswith("x-amz-") and name not in names]
        if unsigned or "host" not in names:
            raise Refused(f"not signed: {unsigned}")
        payload = headers.get("x-amz-content-sha256", EMPTY if service == "s3" else None)
        body = b""
        if payload is None or re.fullmatch("[0-9a-f]{64}", payload) or "delete" in environ["QUERY_STRING"]:
            body = self.body(environ)
        if payload is None:
            payload = hashlib.sha256(body).hexdigest()
        elif re.fullmatch("[0-9a-f]{64}", payload) and payload != hashlib.sha256(body).hexdigest():
            raise Refused("the body is another")
        raw, _, query = environ["RAW_URI"].partition("?")
        path = "/".join(urllib.parse.quote(urllib.parse.unquote(part), safe="-_.~") for part in raw.split("/"))
        parameters = urllib.parse.parse_qsl(query, keep_blank_values=True)
        encoded = sorted((urllib.parse.quote(name, safe="-_.~"), urllib.parse.quote(value, safe="-_.~"))
                         for name, value in parameters)
        canonical = "\n".join([
            environ["REQUEST_METHOD"], path, "&".join(f"{name}={value}" for name, value in encoded),
            "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names), ";".join(names), payload])
        scope = f"{day}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", headers.get("x-amz-date", ""), scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + session["secret"]).encode()
        for part in (day, region, service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if hmac.new(key, text.encode(), hashlib.sha256).hexdigest() != signature:
            raise Refused("the signature is not that of the request")
        when = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(datetime.datetime.now(datetime.timezone.utc) - when) > datetime.timedelta(minutes=15):
            raise Refused("the signature is old")
        if service == "s3" and session["policy"] is not None:
            bucket, _, key_name = urllib.parse.unquote(raw).lstrip("/").partition("/")
            needed = needs(environ["REQUEST_METHOD"], bucket, key_name, dict(parameters), body)
            if "x-amz-copy-source" in headers:
                source = urllib.parse.unquote(headers["x-amz-copy-source"]).lstrip("/")
                needed.append(("s3:GetObject", f"arn:aws:s3:::{source}", {}))
            for action, resource, context in needed:
                if not allows(json.loads(session["policy"]), action, resource, context):
                    raise Refused(f"{action} on {resource} {context}")
        return service

    def assume_role(self, environ, start_response):
        form = dict(urllib.parse.parse_qsl(self.body(environ).decode()))
        body = b"".join(self.application(environ, start_response))
        texts = {local_name(one): one.text for one in xml.fromstring(body).iter()}
        self.sessions[texts["AccessKeyId"]] = {
            "secret": texts["SecretAccessKey"], "token": texts["SessionToken"], "policy": form.get("Policy"),
            "role": form["RoleArn"]}
        return [body]
