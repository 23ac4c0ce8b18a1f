# Tests by layer; each room has a fragment of its own.
if HAVE_TESTS
include tests/layers/local.mk
include tests/unit/core.mk
include tests/unit/base.mk
include tests/unit/mib.mk
include tests/unit/snmp.mk
include tests/unit/store.mk
include tests/sim/local.mk
include tests/snmp/local.mk
include tests/mail/local.mk
include tests/intake/local.mk
include tests/mib/local.mk
include tests/mibs.mk
include tests/screen/local.mk
include tests/pty/local.mk
include tests/e2e/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk

# make check-valgrind: minutes, so apart from `make check`.
EXTRA_DIST += %D%/valgrind.sh
check-valgrind: all $(check_PROGRAMS)
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /bin/sh $(srcdir)/tests/valgrind.sh \
		$(filter tests/unit/%,$(check_PROGRAMS)) tests/mail/store-outbox tests/mail/core-digest tests/mail/mail-message
phony_targets += check-valgrind
endif
