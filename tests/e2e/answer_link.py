"""A phone's browser without script, as far as the answer page needs one: it reads the page's forms,
presses a button and goes where it is sent."""

import html.parser
import http.client
import json
import urllib.parse

from harness import wait_until
from town import deliveries, policy

PUBLIC = "https://village.example/yijian/"


class Page(html.parser.HTMLParser):
    """Its forms (with their buttons), links and text."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.words, self.tags = [], [], [], []
        self.hidden = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag == "form":
            self.forms.append({"fields": {}, "buttons": [], "attributes": found})
        elif tag in ("input", "select", "textarea") and found.get("name"):
            self.forms[-1]["fields"][found["name"]] = found.get("value", "")
        elif tag == "button":
            self.forms[-1]["buttons"].append(found)
        elif tag == "a":
            self.links.append(found["href"])
        elif tag in ("style", "script"):
            self.hidden = tag

    def handle_endtag(self, tag):
        if tag == self.hidden:
            self.hidden = None

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def form(self, action, **members):
        """The one form of an action (and with these values)."""
        found = [f for f in self.forms if f["fields"].get("action") == action
                 and all(f["fields"].get(k) == v for k, v in members.items())]
        assert len(found) == 1, f"{len(found)} forms of {action} {members}"
        return dict(found[0]["fields"])


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = body

    @property
    def page(self):
        return Page(self.body)

    @property
    def json(self):
        return json.loads(self.body)


class Link:
    """The link of one page, asked of the gateway itself."""

    def __init__(self, gateway, url):
        assert url.startswith(PUBLIC + "a/"), url
        self.port = gateway.http_port
        self.token = url[len(PUBLIC + "a/"):]

    def request(self, method, body=None, headers=None, query="", token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, f"/a/{token or self.token}{query}", body, headers or {})
            response = connection.getresponse()
            return Answer(response, response.read().decode())
        finally:
            connection.close()

    def get(self, query=""):
        return self.request("GET", query=query)

    def post(self, fields):
        """Posts a form; where that leads to is not asked for."""
        return self.request("POST", urllib.parse.urlencode(fields),
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def press(self, action, page=None, members=None, **fields):
        """Presses a button of the page as it is now (or as it was), and follows."""
        form = (page or self.get().page).form(action, **(members or {}))
        sent = self.post({**form, **fields})
        assert sent.status == 303, sent.body
        token, _, query = sent.headers["location"].partition("?")
        assert token == self.token, "relative, so that it holds behind any proxy"
        return self.get("?" + query)

    def say(self, message, headers=None):
        """A program's call-back."""
        body = message if isinstance(message, (str, bytes)) else json.dumps(message)
        return self.request("POST", body, headers or {"Content-Type": "application/json"})


def begin(world, names=("fam1", "grid1", "doc1", "duty1"), language="zh-CN", **more):
    """A village after a press: gateway, home, people, call id."""
    world.begin([policy(**more)], gateway={"language": language}, http={"public_url": PUBLIC})
    world.village()
    people = world.people(*names)
    home = world.device("b1")
    call = home.call()
    home.wait(id=call, state="received")
    return (world.gateway, home, *people, call)


def link_of(gateway, person, **members):
    return Link(gateway, person.wait(**{"state": "open", **members})["url"])


def links(world, *names, **more):
    """The same, and the links of the first so many people."""
    g, home, *people, call = begin(world, **more)
    return (g, home, *(link_of(g, p) for p in people[:len(names)]), call)


def settled(g):
    """Ids of all events, once what was sent is noted."""
    wait_until(lambda: all(d["status"] == "sent" for d in deliveries(g)), "all to be sent")
    return [e["id"] for e in g.events()]
