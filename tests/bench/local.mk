# Benchmarks: ratios against the field's own tools, in the same run. BENCH=quick leaves out the long waits.
EXTRA_DIST += %D%/intake.py %D%/read.py
bench_targets += bench-read bench-intake
bench-read:
	/usr/bin/python3 $(srcdir)/tests/bench/read.py $(abs_top_builddir) $(BENCH)
bench-intake:
	/usr/bin/python3 $(srcdir)/tests/bench/intake.py $(abs_top_builddir) $(BENCH)
.PHONY: bench-read bench-intake
