# Fuzz targets: NAME.c has LLVMFuzzerTestOneInput; corpus/NAME its inputs, in files of any name; NAME.dict, when there
# is one, words that help. With --enable-fuzzing (clang) they are libFuzzer programs, run by `make fuzz`; without,
# plain programs that `make check` runs over the corpus and over mutations of it (run.c).
#
# A new target: its name here, and the two lines as the others have them.
fuzz_targets = %D%/engine-answers %D%/intake-receive %D%/mib-parse %D%/mib-snapshot %D%/mail-dialogue %D%/relay-packets
check_PROGRAMS += $(fuzz_targets)
EXTRA_DIST += %D%/corpus %D%/mib-parse.dict
FUZZ_SECONDS = 60
FUZZ_TARGETS = $(fuzz_targets)

if FUZZING
fuzz_main =
fuzz_flags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = %D%/run.c
fuzz_flags = $(AM_LDFLAGS)
TESTS += $(fuzz_targets)
endif

%C%_engine_answers_SOURCES = %D%/engine-answers.c $(fuzz_main)
%C%_engine_answers_LDADD = backend/snmp/libtlsnmp.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a $(UNISTRING_LIBS) $(NETSNMP_LIBS) -lm
%C%_engine_answers_LDFLAGS = $(fuzz_flags)

%C%_intake_receive_SOURCES = %D%/intake-receive.c tests/intake/blast.h tests/intake/message.c $(fuzz_main)
%C%_intake_receive_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
%C%_intake_receive_LDADD = backend/collector/libsort.a backend/collector/libcollector.a backend/io/libio.a \
	backend/text/libtext.a backend/core/libcore.a $(NETSNMP_LIBS) $(OPENSSL_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) \
	$(UNISTRING_LIBS)
%C%_intake_receive_LDFLAGS = $(fuzz_flags)

%C%_mib_parse_SOURCES = %D%/mib-parse.c $(fuzz_main)
%C%_mib_parse_LDADD = backend/mib/libmib.a backend/core/libcore.a
%C%_mib_parse_LDFLAGS = $(fuzz_flags)

%C%_mib_snapshot_SOURCES = %D%/mib-snapshot.c $(fuzz_main)
%C%_mib_snapshot_LDADD = backend/mib/libmib.a backend/core/libcore.a
%C%_mib_snapshot_LDFLAGS = $(fuzz_flags)

%C%_mail_dialogue_SOURCES = %D%/mail-dialogue.c $(fuzz_main)
%C%_mail_dialogue_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
%C%_mail_dialogue_LDADD = backend/mail/libmail.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a \
	$(OPENSSL_LIBS) $(GSASL_LIBS) $(GMIME_LIBS) $(UNISTRING_LIBS) $(PCRE2_LIBS)
%C%_mail_dialogue_LDFLAGS = $(fuzz_flags)

%C%_relay_packets_SOURCES = %D%/relay-packets.c $(fuzz_main)
%C%_relay_packets_LDADD = backend/snmp/libtlsnmp.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a $(UNISTRING_LIBS) $(NETSNMP_LIBS) -lm
%C%_relay_packets_LDFLAGS = $(fuzz_flags)

# What was found lies in tests/fuzz/found/NAME (inputs that reach new code) and tests/fuzz/NAME-* (inputs that fail).
fuzz: $(fuzz_targets)
if FUZZING
	@for t in $(FUZZ_TARGETS); do \
	    n=`basename $$t`; c='$(srcdir)'/tests/fuzz; mkdir -p tests/fuzz/found/$$n "$$c/corpus/$$n"; \
	    d=; if test -f "$$c/$$n.dict"; then d="-dict=$$c/$$n.dict"; fi; \
	    echo "fuzz: $$n, $(FUZZ_SECONDS) s"; \
	    ./$$t $$d -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 \
	        -artifact_prefix=tests/fuzz/$$n- tests/fuzz/found/$$n "$$c/corpus/$$n" || exit 1; \
	done
else
	@echo "fuzz: needs ../configure CC=clang --enable-fuzzing" >&2; exit 1
endif

clean-local: clean-fuzz
clean-fuzz:
	rm -rf tests/fuzz/found tests/fuzz/*-crash-* tests/fuzz/*-leak-* tests/fuzz/*-timeout-* tests/fuzz/*-oom-*
phony_targets += fuzz clean-fuzz
