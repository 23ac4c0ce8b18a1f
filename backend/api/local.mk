# The seam: headers that ui/ may include. Nothing is compiled here.
EXTRA_DIST += \
	%D%/bounce.h \
	%D%/changes.h \
	%D%/collector.h \
	%D%/device.h \
	%D%/digest.h \
	%D%/failure.h \
	%D%/inventory.h \
	%D%/journal.h \
	%D%/loop.h \
	%D%/mail_doctor.h \
	%D%/match.h \
	%D%/memory.h \
	%D%/mib.h \
	%D%/mib_compile.h \
	%D%/mib_module.h \
	%D%/notify.h \
	%D%/oid.h \
	%D%/outbox.h \
	%D%/paths.h \
	%D%/poll.h \
	%D%/quirk.h \
	%D%/recording.h \
	%D%/render.h \
	%D%/request.h \
	%D%/settings.h \
	%D%/store.h \
	%D%/syntax.h \
	%D%/text.h \
	%D%/value.h
