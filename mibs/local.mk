# MIB modules of our own writing: facts of the standards, our words. One a line, sorted.
mib_modules =
mib_modules += %D%/BRIDGE-MIB.txt
mib_modules += %D%/ENTITY-MIB.txt
mib_modules += %D%/ENTITY-SENSOR-MIB.txt
mib_modules += %D%/HOST-RESOURCES-MIB.txt
mib_modules += %D%/HOST-RESOURCES-TYPES.txt
mib_modules += %D%/IANA-ENTITY-MIB.txt
mib_modules += %D%/IANAifType-MIB.txt
mib_modules += %D%/IF-MIB.txt
mib_modules += %D%/INET-ADDRESS-MIB.txt
mib_modules += %D%/RFC-1212.txt
mib_modules += %D%/RFC-1215.txt
mib_modules += %D%/RFC1155-SMI.txt
mib_modules += %D%/RSTP-MIB.txt
mib_modules += %D%/SNMPv2-CONF.txt
mib_modules += %D%/SNMPv2-MIB.txt
mib_modules += %D%/SNMPv2-SMI.txt
mib_modules += %D%/SNMPv2-TC.txt
mib_modules += %D%/SNMPv2-TM.txt
mib_modules += %D%/UCD-SNMP-MIB.txt
mib_modules += %D%/UPS-MIB.txt
mib_modules += %D%/UUID-TC-MIB.txt

mibsdir = $(pkgdatadir)/mibs
dist_mibs_DATA = $(mib_modules)
EXTRA_DIST += %D%/README.md %D%/omissions
