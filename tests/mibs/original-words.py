#!/usr/bin/python3
"""No run of 8 words of any original description is in ours."""
import os

import corpus
import smi
from words import norm, ours

RUN = 8


def runs(words):
    return (" ".join(words[i:i + RUN]) for i in range(len(words) - RUN + 1))


def main():
    print("1..2")
    seen, modules = {}, 0
    for name, path in corpus.originals().items():
        try:
            m = smi.read(path)
        except smi.Bad:
            continue
        modules += 1
        for d in m.definitions:
            for key, text in d.words():
                for r in runs(norm(text)):
                    seen.setdefault(r, "%s::%s" % (name, key))
    sentence = "the total number of octets received on the interface including framing characters"
    print("%s 1 - %d originals with %d runs of words, and a borrowed sentence would be noticed" %
          ("ok" if any(r in seen for r in runs(norm(sentence))) else "not ok", modules, len(seen)))
    bad, count = [], 0
    for path in ours():
        m = smi.read(path)
        for d in m.definitions:
            for key, text in d.words():
                count += 1
                bad += [(m.name, key, r, seen[r]) for r in runs(norm(text)) if r in seen]
    print("%s 2 - none in %d descriptions of ours" % ("not ok" if bad or not count else "ok", count))
    for b in bad:
        print("# %s::%s: '%s' is in %s" % b)


if __name__ == "__main__":
    main()
