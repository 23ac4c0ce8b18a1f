# libc only: no descriptors, no clock, no globals.
noinst_LIBRARIES += %D%/libcore.a
%C%_libcore_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/ber.c %D%/ber.h \
	%D%/bounce.c \
	%D%/buffer.c %D%/buffer.h \
	%D%/clean.c \
	%D%/cover.c %D%/cover.h \
	%D%/digest.c %D%/digest.h \
	%D%/digest_html.c \
	%D%/digest_text.c \
	%D%/failure.c \
	%D%/fingerprint.c %D%/fingerprint.h \
	%D%/hint-parse.c %D%/hint-spec.h %D%/hint.c %D%/hint.h \
	%D%/index.c \
	%D%/memory.c %D%/memory.h \
	%D%/oid.c \
	%D%/render-forms.c %D%/render-forms.h %D%/render-parse.c %D%/render.c %D%/sensor.c \
	%D%/pace.c %D%/pace.h \
	%D%/pdu.c %D%/pdu.h \
	%D%/quirk.c %D%/quirk.h \
	%D%/rate.c %D%/rate.h \
	%D%/recording.c %D%/recording.h \
	%D%/relay.h \
	%D%/request.c %D%/request.h \
	%D%/rows.c %D%/rows.h \
	%D%/severity.c %D%/severity.h \
	%D%/sink.c %D%/sink.h \
	%D%/siphash.c %D%/siphash.h \
	%D%/trap.c %D%/trap.h \
	%D%/utf8.c %D%/utf8.h \
	%D%/value.c
