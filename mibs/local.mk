# MIB modules of our own writing: facts of the standards, our words. One a line, sorted.
mib_modules = \
	%D%/BRIDGE-MIB.txt \
	%D%/ENTITY-MIB.txt \
	%D%/ENTITY-SENSOR-MIB.txt \
	%D%/HOST-RESOURCES-MIB.txt \
	%D%/HOST-RESOURCES-TYPES.txt \
	%D%/IANA-ENTITY-MIB.txt \
	%D%/IANAifType-MIB.txt \
	%D%/IF-MIB.txt \
	%D%/INET-ADDRESS-MIB.txt \
	%D%/RFC-1212.txt \
	%D%/RFC-1215.txt \
	%D%/RFC1155-SMI.txt \
	%D%/RSTP-MIB.txt \
	%D%/SNMPv2-CONF.txt \
	%D%/SNMPv2-MIB.txt \
	%D%/SNMPv2-SMI.txt \
	%D%/SNMPv2-TC.txt \
	%D%/SNMPv2-TM.txt \
	%D%/UUID-TC-MIB.txt

mibsdir = $(pkgdatadir)/mibs
dist_mibs_DATA = $(mib_modules)
EXTRA_DIST += %D%/README.md %D%/omissions
