# Our MIB modules: read by net-snmp and smilint, their words judged, and (check-corpus) compared with the originals.
TESTS += tests/mibs/parse.sh tests/mibs/lint.py tests/mibs/words.py
EXTRA_DIST += tests/mibs/parse.sh tests/mibs/lint.py tests/mibs/lint-known tests/mibs/words.py tests/mibs/smi.py \
	tests/mibs/corpus.py tests/mibs/facts.py tests/mibs/original-words.py tests/mibs/recordings.py \
	tests/mibs/differences

check_PROGRAMS += tests/mibs/tree
tests_mibs_tree_SOURCES = tests/mibs/tree.c
tests_mibs_tree_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS)
tests_mibs_tree_LDADD = $(NETSNMP_LIBS)

corpus_targets += check-corpus-mibs
check-corpus-mibs: tests/mibs/tree
	@for t in facts original-words recordings; do \
	    echo "# mibs: $$t"; \
	    top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CORPUS="$(CORPUS)" \
	        /usr/bin/python3 -B '$(srcdir)'/tests/mibs/$$t.py >tests/mibs/$$t.tap 2>&1 || { cat tests/mibs/$$t.tap; exit 1; }; \
	    cat tests/mibs/$$t.tap; \
	    if grep -q '^not ok' tests/mibs/$$t.tap; then exit 1; fi; \
	done
CLEANFILES += tests/mibs/facts.tap tests/mibs/original-words.tap tests/mibs/recordings.tap
phony_targets += check-corpus-mibs
