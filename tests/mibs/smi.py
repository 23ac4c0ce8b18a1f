"""Reads SMIv1 and SMIv2 modules into plain definitions: enough for checks, not a compiler."""
import re

TOKEN = re.compile(r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*)
  | (?P<string>"[^"]*")
  | (?P<bits>'[0-9A-Fa-f\s]*'[BbHh])
  | (?P<number>-?\d+(?![A-Za-z0-9-]))
  | (?P<word>[A-Za-z0-9](?:[A-Za-z0-9_]|-(?!-))*)
  | (?P<punct>::=|\.\.|[{}()\[\],;|.<>])
""", re.X)

CLAUSES = {
    "OBJECT-TYPE": ("SYNTAX", "UNITS", "MAX-ACCESS", "ACCESS", "STATUS", "DESCRIPTION", "REFERENCE", "INDEX",
                    "AUGMENTS", "DEFVAL"),
    "OBJECT-IDENTITY": ("STATUS", "DESCRIPTION", "REFERENCE"),
    "NOTIFICATION-TYPE": ("OBJECTS", "STATUS", "DESCRIPTION", "REFERENCE"),
    "TRAP-TYPE": ("ENTERPRISE", "VARIABLES", "DESCRIPTION", "REFERENCE"),
    "OBJECT-GROUP": ("OBJECTS", "STATUS", "DESCRIPTION", "REFERENCE"),
    "NOTIFICATION-GROUP": ("NOTIFICATIONS", "STATUS", "DESCRIPTION", "REFERENCE"),
    "TEXTUAL-CONVENTION": ("DISPLAY-HINT", "STATUS", "DESCRIPTION", "REFERENCE", "SYNTAX"),
}


class Bad(Exception):
    pass


class Definition:
    """name, kind, a dict of clauses (token lists), and parts: repeated clauses with descriptions of their own."""

    def __init__(self, name, kind):
        self.name, self.kind, self.clauses, self.value, self.parts = name, kind, {}, [], []

    def text(self, clause):
        tokens = self.clauses.get(clause)
        return unquote(tokens[0]) if tokens else None

    def facts(self):
        skip = ("DESCRIPTION", "ORGANIZATION", "CONTACT-INFO", "REFERENCE")
        parts = [(p[0], p[1], {k: v for k, v in p[2].items() if k not in skip}) for p in self.parts]
        return (self.name, self.kind, {k: v for k, v in self.clauses.items() if k not in skip}, self.value, parts)

    def words(self):
        """Every description in it: (key, text)."""
        if "DESCRIPTION" in self.clauses:
            yield self.name, self.text("DESCRIPTION")
        for kind, what, clauses in self.parts:
            if "DESCRIPTION" in clauses:
                yield "%s/%s" % (self.name, what), unquote(clauses["DESCRIPTION"][0])


class Module:
    def __init__(self, name):
        self.name, self.imports, self.definitions, self.path = name, [], [], None

    def identity(self):
        return next((d for d in self.definitions if d.kind == "MODULE-IDENTITY"), None)


def unquote(token):
    return " ".join(token.strip('"').split())


def tokens_of(text):
    at, out = 0, []
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise Bad("line %d: unexpected %r" % (text.count("\n", 0, at) + 1, text[at:at + 20]))
        if m.lastgroup not in ("space", "comment"):
            out.append((m.group(), at))
        at = m.end()
    return out


class Reader:
    def __init__(self, text):
        self.text, self.all, self.at = text, tokens_of(text), 0

    def peek(self, ahead=0):
        return self.all[self.at + ahead][0] if self.at + ahead < len(self.all) else ""

    def take(self, want=None):
        got = self.peek()
        if not got or (want and got != want):
            where = self.all[min(self.at, len(self.all) - 1)][1]
            raise Bad("line %d: %r where %r was expected" % (self.text.count("\n", 0, where) + 1, got, want))
        self.at += 1
        return got

    def braces(self, left="{", right="}"):
        out, depth = [self.take(left)], 1
        while depth:
            t = self.take()
            depth += (t == left) - (t == right)
            out.append(t)
        return out

    def type(self):
        """A type: everything that belongs to it by its brackets."""
        out = []
        if self.peek() == "[":
            out += self.braces("[", "]")
            if self.peek() == "IMPLICIT":
                out.append(self.take())
        out.append(self.take())
        if out[-1] in ("OCTET", "OBJECT"):
            out.append(self.take())
        if out[-1] == "SEQUENCE" and self.peek() == "OF":
            out += [self.take(), self.take()]
        while self.peek() in ("{", "("):
            out += self.braces() if self.peek() == "{" else self.braces("(", ")")
        return out

    def clause(self, word):
        if word in ("SYNTAX", "WRITE-SYNTAX"):
            return self.type()
        if self.peek() == "{":
            return self.braces()
        return [self.take()]

    def known(self, d, clauses):
        while self.peek() in clauses:
            word = self.take()
            d[word] = self.clause(word)

    def value_of(self):
        self.take("::=")
        return self.braces() if self.peek() == "{" else [self.take()]

    def module(self):
        m = Module(self.take())
        while self.peek() != "BEGIN":
            self.take()
        self.take()
        if self.peek() == "EXPORTS":
            while self.take() != ";":
                pass
        if self.peek() == "IMPORTS":
            self.take()
            names = []
            while self.peek() != ";":
                t = self.take()
                if t == "FROM":
                    m.imports.append((self.take(), names))
                    names = []
                elif t != ",":
                    names.append(t)
            self.take()
        while self.peek() != "END":
            m.definitions.append(self.definition())
        return m

    def definition(self):
        name = self.take()
        kind = self.peek()
        if kind == "MACRO":
            d = Definition(name, "MACRO")
            start = self.all[self.at][1]
            while self.take() != "END":
                pass
            body = self.text[start:self.all[self.at - 1][1] + 3]
            d.clauses["BODY"] = [re.sub(r"--[^\n]*", "", body)]
            return d
        if kind == "::=":
            self.take()
            if self.peek() == "TEXTUAL-CONVENTION":
                d = Definition(name, self.take())
                self.known(d.clauses, CLAUSES[d.kind])
                return d
            d = Definition(name, "type")
            d.clauses["SYNTAX"] = self.type()
            return d
        if kind == "OBJECT":
            self.take(), self.take("IDENTIFIER")
            d = Definition(name, "OBJECT IDENTIFIER")
        elif kind == "MODULE-IDENTITY":
            d = Definition(name, self.take())
            self.known(d.clauses, ("LAST-UPDATED", "ORGANIZATION", "CONTACT-INFO", "DESCRIPTION"))
            while self.peek() == "REVISION":
                part = ("REVISION", unquote(self.all[self.at + 1][0]), {})
                self.take(), self.take()
                self.known(part[2], ("DESCRIPTION",))
                d.parts.append(part)
        elif kind == "MODULE-COMPLIANCE":
            d = self.compliance(name)
        elif kind in CLAUSES:
            d = Definition(name, self.take())
            self.known(d.clauses, CLAUSES[kind])
        else:
            d = Definition(name, "value")
            d.clauses["SYNTAX"] = self.type()
        d.value = self.value_of()
        return d

    def compliance(self, name):
        d = Definition(name, self.take())
        self.known(d.clauses, ("STATUS", "DESCRIPTION", "REFERENCE"))
        while self.peek() == "MODULE":
            self.take()
            which = "" if self.peek() in ("MANDATORY-GROUPS", "GROUP", "OBJECT", "::=", "MODULE") else self.take()
            part = ("MODULE", which, {})
            self.known(part[2], ("MANDATORY-GROUPS",))
            d.parts.append(part)
            while self.peek() in ("GROUP", "OBJECT"):
                kind = self.take()
                part = (kind, self.take(), {})
                self.known(part[2], ("SYNTAX", "WRITE-SYNTAX", "MIN-ACCESS", "DESCRIPTION"))
                d.parts.append(part)
        return d


def read(path):
    with open(path, encoding="latin-1") as f:
        text = f.read()
    m = Reader(text).module()
    m.path = path
    return m
