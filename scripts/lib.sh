# Shared by the scripts of this folder; to be sourced by bash, not run.
# shellcheck shell=bash disable=SC2034,SC2016

YJ_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export YJ_ROOT

# What building takes, what running takes, and what only tests take.
YJ_BUILD_PACKAGES=(build-essential cmake ninja-build pkg-config libmosquitto-dev libevent-dev
	libjansson-dev libyaml-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev libsystemd-dev
	libcmocka-dev)
YJ_RUN_PACKAGES=(tzdata mosquitto mosquitto-clients coturn openssl ca-certificates python3)
YJ_TEST_PACKAGES=(baresip-core rtl-433 smstools espeak-ng python3-aiosmtpd python3-pytest
	python3-pytest-xdist python3-paho-mqtt python3-jsonschema openapi-specification sqlite3 clang
	libclang-rt-14-dev clang-format clang-tidy faketime tmux systemd git shellcheck procps
	chromium chromium-driver python3-selenium nodejs fonts-wqy-zenhei)

yj_say() {
	printf '%s\n' "$*" >&2
}

yj_die() {
	yj_say "${0##*/}: $*"
	exit 1
}

# yj_as_root COMMAND...: as root, through sudo if we are not; never asks.
yj_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo -n "$@" || return
	else
		yj_say "this needs root, or sudo without a password: $*"
		return 1
	fi
}

# The packages of the arguments that are not installed, one a line.
yj_missing() {
	local package
	for package in "$@"; do
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]
		then
			printf '%s\n' "$package"
		fi
	done
}

# yj_install PACKAGE...: installs what is missing and nothing else. Services that come with a
# package are not started: while apt runs, a policy-rc.d says no. One at a time per machine.
yj_install() {
	local -a missing
	mapfile -t missing < <(yj_missing "$@")
	[ "${#missing[@]}" -eq 0 ] && return 0
	yj_say "installing: ${missing[*]}"
	yj_as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 flock /run/lock/yijian-apt.lock \
	    bash -c '
		set -eu
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			trap "rm -f $policy" EXIT
			printf "#!/bin/sh\nexit 101\n" >"$policy"
			chmod 755 "$policy"
		fi
		apt-get -qq -o DPkg::Lock::Timeout=600 update
		apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
		    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		    install --no-install-recommends "$@"
	' install "${missing[@]}" </dev/null >&2 ||
		yj_die "apt-get could not install: ${missing[*]}"
}

# yj_build PRESET [fuzz]: configures and builds everything (or the fuzz targets only) into
# build/PRESET, one build at a time.
yj_build() {
	local preset=$1 dir=$YJ_ROOT/build/$1 cache
	local -a targets=()
	mkdir -p "$dir"
	(
		flock 9
		# a tree that was moved or copied has a cache that names the old place
		cache=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt" 2>/dev/null)
		if [ -n "$cache" ] && [ "$cache" != "$YJ_ROOT" ]; then
			rm -rf "$dir/CMakeCache.txt" "$dir/CMakeFiles"
		fi
		cd "$YJ_ROOT" || exit 1
		cmake --preset "$preset" >"$dir/configure.log" 2>&1 || {
			cat "$dir/configure.log" >&2
			exit 1
		}
		if [ "${2:-}" = fuzz ]; then
			mapfile -t targets < <(ninja -C "$dir" -t targets all |
				sed -n 's/^\(fuzz_[a-z0-9_]*\): phony$/\1/p')
		fi
		cmake --build "$dir" -j "$(nproc)" ${targets[@]+--target "${targets[@]}"} 9>&- \
		    >"$dir/build.log" 2>&1 || {
			grep -v '^\[' "$dir/build.log" >&2
			exit 1
		}
	) 9>"$dir/.lock"
}

# A TCP port of 127.0.0.1 that nobody listens on now. Another program may take it before it is
# used, so whoever starts a server with it tries again on failure.
yj_free_port() {
	local port tries
	for tries in $(seq 200); do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			printf '%s\n' "$port"
			return 0
		fi
	done
	yj_say "no free port after $tries tries"
	return 1
}

# yj_until SECONDS COMMAND...: runs COMMAND every 0.1 s until it succeeds; fails after SECONDS.
yj_until() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# yj_gone PID: true when no such process runs any more (a zombie of ours counts as gone).
yj_gone() {
	local state
	state=$(sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null) || return 0
	[ -z "$state" ] || [ "$state" = Z ]
}

# yj_stop PID...: TERM, ten seconds' grace, then KILL; waits until each is gone.
yj_stop() {
	local pid
	for pid in "$@"; do
		kill -TERM "$pid" 2>/dev/null
	done
	for pid in "$@"; do
		yj_until 10 yj_gone "$pid" || kill -KILL "$pid" 2>/dev/null
		yj_until 10 yj_gone "$pid"
		# bash may have forgotten one that ended while a trap left `wait`, and would wait for ever
		[ ! -e "/proc/$pid" ] || wait "$pid" 2>/dev/null
	done
	return 0
}
