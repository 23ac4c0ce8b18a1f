# The collector: traplined (supervisor and writer), trapline-intake, and what a console needs to start one.
noinst_LIBRARIES += %D%/libcollector.a %D%/libsort.a
%C%_libcollector_a_SOURCES = \
	%D%/channel.c %D%/channel.h \
	%D%/config.c %D%/config.h \
	%D%/delivery.c %D%/delivery.h \
	%D%/digests.c %D%/digests.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/gather.c \
	%D%/listen.c %D%/listen.h \
	%D%/lock.c %D%/lock.h \
	%D%/mail_doctor.c \
	%D%/metrics.c %D%/metrics.h \
	%D%/naming.c %D%/naming.h \
	%D%/owner.c %D%/owner.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/secure.c %D%/secure.h \
	%D%/settle.c %D%/settle.h \
	%D%/streams.c %D%/streams.h \
	%D%/supervise.c %D%/supervise.h \
	%D%/writer.c %D%/writer.h
%C%_libsort_a_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS) $(OPENSSL_CFLAGS)
%C%_libsort_a_SOURCES = \
	%D%/engine.c %D%/engine.h \
	%D%/informs.c %D%/informs.h \
	%D%/policy.c %D%/policy.h \
	%D%/receive.c %D%/receive.h \
	%D%/reencode.c %D%/reencode.h \
	%D%/rejected.c %D%/rejected.h \
	%D%/sort.c %D%/sort.h \
	%D%/tsm.c %D%/tsm.h \
	%D%/usm.c %D%/usm.h

sbin_PROGRAMS += traplined
traplined_SOURCES = %D%/traplined.c
traplined_LDADD = %D%/libcollector.a backend/settings/libsettings.a backend/mib/libmib.a backend/store/libstore.a backend/io/libio.a \
	backend/text/libtext.a backend/core/libcore.a $(SQLITE_LIBS) $(CONFUSE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) \
	$(UNISTRING_LIBS) $(PCRE2_LIBS)

pkglibexec_PROGRAMS += trapline-intake
trapline_intake_SOURCES = %D%/intake.c
trapline_intake_LDADD = %D%/libsort.a %D%/libcollector.a backend/io/libio.a backend/text/libtext.a \
	backend/core/libcore.a $(NETSNMP_LIBS) $(OPENSSL_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(UNISTRING_LIBS)

# For systemd: port 162 without root.
systemdunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
nodist_systemdunit_DATA = %D%/systemd/traplined.service
dist_systemdunit_DATA = %D%/systemd/traplined.socket
sysusers_DATA = %D%/systemd/trapline.conf
EXTRA_DIST += %D%/systemd/traplined.service.in %D%/systemd/trapline.sysusers
CLEANFILES += %D%/systemd/traplined.service %D%/systemd/trapline.conf
%D%/systemd/traplined.service: %D%/systemd/traplined.service.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@sbindir[@]|$(sbindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' \
		$(srcdir)/backend/collector/systemd/traplined.service.in > $@.new && mv $@.new $@
%D%/systemd/trapline.conf: %D%/systemd/trapline.sysusers
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(srcdir)/backend/collector/systemd/trapline.sysusers $@
