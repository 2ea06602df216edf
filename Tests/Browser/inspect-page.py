#!/usr/bin/env python3
"""What is dangerous in a page as a browser has understood it: inspect-page.py DUMPED-DOM ORIGINAL"""
import re
import sys
from html.parser import HTMLParser

RUNS = {"script", "iframe", "object", "embed", "base", "form", "input", "frame", "applet", "animate", "foreignobject", "video"}
POLICY = re.compile(r"default-src 'none';.*base-uri 'none'; form-action 'none'")


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.faults, self.title, self.policy, self.tags, self.inTitle = [], "", False, 0, False

    def handle_starttag(self, tag, attributes):
        self.tags += 1
        self.inTitle = tag == "title" and not self.title
        if tag in RUNS:
            self.faults.append(f"an element <{tag}>")
        names = dict(attributes)
        if tag == "meta" and names.get("http-equiv"):
            if POLICY.search(names.get("content") or ""):
                self.policy = True
            else:
                self.faults.append(f"a <meta> of {names['http-equiv']}")
        for name, value in attributes:
            if name.startswith("on") or name in ("srcdoc", "formaction", "ping"):
                self.faults.append(f"<{tag} {name}>")
            target = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name in ("href", "src", "xlink:href", "data", "action") and not re.match(
                r"(#|https?://[^/]|mailto:|data:image/(png|jpeg|webp|svg\+xml);base64,|[^:]*$)", target):
                self.faults.append(f"<{tag} {name}={target[:40]}>")

    def handle_endtag(self, tag):
        self.inTitle = False

    def handle_data(self, data):
        if self.inTitle:
            self.title += data


dumped = Page()
dumped.feed(open(sys.argv[1], encoding="utf-8", errors="replace").read())
if "PWNED" == dumped.title.strip():
    dumped.faults.insert(0, "a script has changed the title")
if not dumped.policy:
    dumped.faults.append("no Content-Security-Policy")
print(f"{dumped.tags} elements; " + ("; ".join(sorted(set(dumped.faults))) or "nothing that runs"))
sys.exit(1 if dumped.faults else 0)
