"""A small client of a running server: what a browser or another program sends, without a dependency."""

import http.cookiejar
import json
import urllib.error
import urllib.request
from http import HTTPStatus


class RemoteError(Exception):
    """The server refused or failed.

    :ivar name: the class of the exception on the server
    :ivar message: its message, as a user reads it
    :ivar debug: the traceback, when the server sent one
    """

    def __init__(self, name, message, debug=""):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.debug = debug


class Client:
    """Calls models of one database over HTTP with a session, as the web client does, or with an API key by JSON-2."""

    def __init__(self, url, db):
        self.url = url
        self.db = db
        self.uid = None
        self.key = None
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def login(self, login, password):
        """Open a session. :raise RemoteError: when the server refuses"""
        params = {"db": self.db, "login": login, "password": password}
        self.uid = self.jsonrpc("/web/session/authenticate", params)["uid"]
        return self

    def jsonrpc(self, path, params, timeout=120):
        """POST `params` to a JSON-RPC route and return the result."""
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = json.loads(
            self.http(path, json.dumps(body).encode(), {"Content-Type": "application/json"}, timeout)[1]
        )
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise RemoteError(
                data.get("name", ""), data.get("message", answer["error"]["message"]), data.get("debug", "")
            )
        return answer.get("result")

    def call(self, model, method, *args, **kwargs):
        """Call a public method of a model, with positional and named arguments, in the session of :meth:`login`."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.jsonrpc(f"/web/dataset/call_kw/{model}/{method}", params)

    def json2(self, model, method, key=None, **kwargs):
        """Call by JSON-2 with an API key. :raise RemoteError: for any status but 200"""
        headers = {
            "Authorization": f"bearer {key or self.key}",
            "X-Odoo-Database": self.db,
            "Content-Type": "application/json",
        }
        status, body = self.http(f"/json/2/{model}/{method}", json.dumps(kwargs).encode(), headers)
        answer = json.loads(body)
        if status != HTTPStatus.OK:
            raise RemoteError(answer.get("name", str(status)), answer.get("message", body), answer.get("debug", ""))
        return answer

    def http(self, path, data=None, headers=None, timeout=120):
        """Send a request with the session's cookies; returns (status, text)."""
        request = urllib.request.Request(self.url + path, data=data, headers=headers or {})
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
