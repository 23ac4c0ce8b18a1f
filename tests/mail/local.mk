# trapline-mail against servers of our own on loopback; the outbox; digests.
mail_tests = \
	%D%/binding.py \
	%D%/bounce.py \
	%D%/deliver.py \
	%D%/doctor.py \
	%D%/engine.py \
	%D%/hostile.py \
	%D%/kills.py \
	%D%/local.py \
	%D%/matrix.py \
	%D%/outage.py \
	%D%/properties.py \
	%D%/relays.py \
	%D%/sessions.py \
	%D%/unsafe.py
TESTS += $(mail_tests) %D%/store-outbox %D%/core-digest %D%/mail-message
EXTRA_DIST += $(mail_tests) %D%/certs.sh %D%/postfix.py %D%/rig.py %D%/script.py %D%/series.py %D%/sink.py
check_PROGRAMS += %D%/store-outbox %D%/core-digest %D%/mail-message
%C%_store_outbox_SOURCES = %D%/store-outbox.c
%C%_store_outbox_LDADD = backend/store/libstore.a backend/io/libio.a backend/core/libcore.a $(SQLITE_LIBS) \
	$(CMOCKA_LIBS)
%C%_core_digest_SOURCES = %D%/core-digest.c
%C%_core_digest_LDADD = backend/core/libcore.a $(CMOCKA_LIBS)
%C%_mail_message_SOURCES = %D%/mail-message.c
%C%_mail_message_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
%C%_mail_message_LDADD = backend/mail/libmail.a backend/io/libio.a backend/text/libtext.a backend/core/libcore.a \
	$(OPENSSL_LIBS) $(GSASL_LIBS) $(GMIME_LIBS) $(UNISTRING_LIBS) $(PCRE2_LIBS) $(CMOCKA_LIBS)

# Loaded into trapline-mail by a test, to make libesmtp misbehave.
check_PROGRAMS += %D%/interpose.so
%C%_interpose_so_SOURCES = %D%/interpose.c
%C%_interpose_so_CFLAGS = $(AM_CFLAGS) -fPIC
%C%_interpose_so_LDFLAGS = -shared
%C%_interpose_so_LDADD = -ldl

# Deaths while mail flows, the full count.
long_targets += long-mail-kills long-mail-outage
long-mail-kills:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/mail/kills.py 1000
long-mail-outage:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 $(srcdir)/tests/mail/outage.py 24
phony_targets += long-mail-kills long-mail-outage

# Two hundred sessions of each kind; more seeds of malice.
long_targets += long-mail-sessions
long-mail-sessions:
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 -B $(srcdir)/tests/mail/sessions.py 200
	[ "$$(id -u)" -ne 0 ] || top_builddir=$(abs_top_builddir) /usr/bin/python3 -B $(srcdir)/tests/mail/postfix.py 200
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 -B $(srcdir)/tests/mail/properties.py 7 200
	top_builddir=$(abs_top_builddir) top_srcdir=$(abs_top_srcdir) /usr/bin/python3 -B $(srcdir)/tests/mail/hostile.py 1000 7
phony_targets += long-mail-sessions
