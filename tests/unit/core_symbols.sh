#!/bin/sh
# core_symbols.sh LIBRARY: what the core's library needs from outside must be on this short list, so
# that no clock, socket, allocation, random number or log call slips into the rules.
set -eu
library=$1
allowed='^(mem(cpy|set|move|cmp)|str(cmp|ncmp|len|nlen)|__assert_fail|__stack_chk_(fail|guard)|__(memcpy|memset|memmove|strcpy|strncpy)_chk|__aeabi_.*|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|sanitizer|sancov)_.*|yj_kind_is_help)$'

objects=$(nm -g "$library")
defined=$(printf '%s\n' "$objects" | awk 'NF == 3 && $2 ~ /^[TDBRVW]$/ { print $3 }' | sort -u)
wanted=$(printf '%s\n' "$objects" | awk 'NF == 2 && $1 ~ /^[UwWv]$/ { print $2 }' | sort -u)
if [ -z "$defined" ] || [ -z "$wanted" ]; then
	echo "no symbols in $library" >&2
	exit 1
fi
outside=$(printf '%s\n' "$wanted" | grep -vxF "$defined" || true)
forbidden=$(printf '%s\n' "$outside" | grep -vE "$allowed" | grep . || true)
# Writable data would be state that no incident owns.
data=$(nm "$library" | awk 'NF == 3 && $2 ~ /^[DdBbC]$/ && $3 !~ /^(__|\.L)/ { print $3 }')
if [ -n "$forbidden$data" ]; then
	printf 'not allowed in the core:\n%s\n%s\n' "$forbidden" "$data" >&2
	exit 1
fi
printf 'the core needs:\n%s\n' "$outside"
