# Benchmarks: ratios against the field's own tools, in the same run. BENCH=quick leaves out the long waits.
EXTRA_DIST += %D%/intake.py %D%/mail.py %D%/read.py
bench_targets += bench-read bench-intake
bench-read:
	/usr/bin/python3 $(srcdir)/tests/bench/read.py $(abs_top_builddir) $(BENCH)
bench-intake:
	/usr/bin/python3 $(srcdir)/tests/bench/intake.py $(abs_top_builddir) $(BENCH)
.PHONY: bench-read bench-intake
bench_targets += bench-mail
bench-mail:
	/usr/bin/python3 -B $(srcdir)/tests/bench/mail.py $(abs_top_builddir) $(BENCH)
.PHONY: bench-mail

# The MIB compiler and its snapshot beside net-snmp's parser.
check_PROGRAMS += %D%/mib
%C%_mib_SOURCES = %D%/mib.c
%C%_mib_LDADD = backend/mib/libmib.a backend/core/libcore.a
EXTRA_DIST += %D%/mib.py
bench_targets += bench-mib
bench-mib: tests/bench/mib
	@top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' CORPUS="$(CORPUS)" /usr/bin/python3 -B '$(srcdir)'/tests/bench/mib.py
.PHONY: bench-mib
