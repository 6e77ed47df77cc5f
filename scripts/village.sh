# A simulated village on loopback: a real mosquitto, the gateway, and people who answer. To be sourced
# after lib.sh; sets VILLAGE (its temporary folder), VILLAGE_PORT (devices and caregivers), VILLAGE_WEB_PORT
# (the same over WebSockets), VILLAGE_CONF (the gateway's configuration) and YJ_BIN.
# shellcheck shell=bash disable=SC2034

YJ_FIXTURE=$YJ_ROOT/tests/fixtures/village
YJ_BIN=$YJ_ROOT/build/release/bin
VILLAGE=''
VILLAGE_PIDS=()

# Stops all that was started here, newest first, and removes the folder.
village_leave() {
	local i
	trap '' INT TERM HUP
	for ((i = ${#VILLAGE_PIDS[@]} - 1; i >= 0; i--)); do
		yj_stop "${VILLAGE_PIDS[i]}"
	done
	VILLAGE_PIDS=()
	[ -z "$VILLAGE" ] || rm -rf "$VILLAGE"
	VILLAGE=''
}

# village_start LOG COMMAND...: in the background, out of reach of the terminal's Ctrl-C, and ended by
# the kernel should this script be killed; the pid is in $village_pid. Not to be called in a subshell.
village_start() {
	local log=$1
	shift
	setsid setpriv --pdeathsig TERM -- "$@" </dev/null >>"$log" 2>&1 &
	village_pid=$!
	VILLAGE_PIDS+=("$village_pid")
}

village_folder() {
	umask 077
	VILLAGE=$(mktemp -d "${TMPDIR:-/tmp}/yijian-run.XXXXXX") || yj_die "no temporary folder"
	VILLAGE_CONF=$VILLAGE/yijian.yaml
	mkdir "$VILLAGE/broker" "$VILLAGE/password" "$VILLAGE/data"
}

# village_account FILE NAME: an account of the broker with a random password, kept in
# password/NAME for whoever speaks under that name.
village_account() {
	local word
	word=$(openssl rand -hex 16)
	printf '%s\n' "$word" >"$VILLAGE/password/$2"
	printf '%s:%s\n' "$2" "$word" >>"$VILLAGE/broker/$1"
}

village_accounts() {
	local name
	village_account gateway.passwd gateway
	village_account gateway.passwd observer
	while IFS=, read -r name _; do
		village_account device.passwd "$name"
	done < <(tail -q -n +2 "$YJ_FIXTURE/devices.csv" "$YJ_FIXTURE/caregivers.csv")
	village_account device.passwd platform
	mosquitto_passwd -U "$VILLAGE/broker/gateway.passwd"
	mosquitto_passwd -U "$VILLAGE/broker/device.passwd"
}

# The shipped settings and access lists; the listeners are plain and on loopback. One account more
# than in production watches what the homes hear.
village_broker_config() {
	local shipped=$YJ_ROOT/systemd/mosquitto dir=$VILLAGE/broker
	cp "$shipped/device.acl" "$shipped/gateway.acl" "$dir/"
	printf 'user observer\ntopic read yj/v1/dev/+/down/#\n' >>"$dir/gateway.acl"
	{
		printf 'user %s\npersistence_location %s/\nlog_dest stderr\n' "$(id -un)" "$dir"
		sed '/^# --- The gateway/,$d' "$shipped/yijian.conf"
		cat <<-CONF
			listener $1 127.0.0.1
			allow_anonymous false
			password_file $dir/gateway.passwd
			acl_file $dir/gateway.acl
			listener $2 127.0.0.1
			allow_anonymous false
			use_username_as_clientid true
			password_file $dir/device.passwd
			acl_file $dir/device.acl
			listener $3 127.0.0.1
			protocol websockets
			allow_anonymous false
			use_username_as_clientid true
			password_file $dir/device.passwd
			acl_file $dir/device.acl
		CONF
	} >"$dir/mosquitto.conf"
}

village_broker() {
	local mosquitto
	mosquitto=$(PATH=$PATH:/usr/sbin:/sbin command -v mosquitto) || yj_die "no mosquitto"
	for _ in 1 2 3 4 5; do
		VILLAGE_GATEWAY_PORT=$(yj_free_port) && VILLAGE_PORT=$(yj_free_port) &&
			VILLAGE_WEB_PORT=$(yj_free_port) || return 1
		[ "$VILLAGE_PORT" != "$VILLAGE_GATEWAY_PORT" ] &&
			[ "$VILLAGE_WEB_PORT" != "$VILLAGE_GATEWAY_PORT" ] &&
			[ "$VILLAGE_WEB_PORT" != "$VILLAGE_PORT" ] || continue
		village_broker_config "$VILLAGE_GATEWAY_PORT" "$VILLAGE_PORT" "$VILLAGE_WEB_PORT"
		: >"$VILLAGE/mosquitto.log"
		village_start "$VILLAGE/mosquitto.log" "$mosquitto" -c "$VILLAGE/broker/mosquitto.conf"
		yj_until 10 grep -q 'mosquitto version .* running' "$VILLAGE/mosquitto.log" &&
			! yj_gone "$village_pid" && return 0
		# somebody else was faster with a port
		yj_stop "$village_pid"
	done
	cat "$VILLAGE/mosquitto.log" >&2
	return 1
}

# The shipped relay on loopback, where the ends of a call are here too, with a certificate that nobody
# vouches for.
village_relay_config() {
	local dir=$VILLAGE/turn
	sed -e "s|^userdb=.*|userdb=$dir/turndb|" \
	    -e "s|^listening-port=.*|listening-port=$VILLAGE_TURN_PORT|" \
	    -e "s|^tls-listening-port=.*|tls-listening-port=$VILLAGE_TURN_TLS_PORT|" \
	    -e "s|^cert=.*|cert=$dir/turn.crt|" -e "s|^pkey=.*|pkey=$dir/turn.key|" \
	    -e 's|^log-file=.*|log-file=stdout|' -e '/^denied-peer-ip=127/d' \
	    "$YJ_ROOT/systemd/coturn/turnserver.conf" >"$dir/turnserver.conf"
	cat >>"$dir/turnserver.conf" <<-CONF
		static-auth-secret=$(cat "$dir/turn.secret")
		listening-ip=127.0.0.1
		relay-ip=127.0.0.1
		allow-loopback-peers
		pidfile=$dir/pid
	CONF
}

village_relay_listens() {
	yj_gone "$village_pid" && return 0
	(exec 3<>"/dev/tcp/127.0.0.1/$VILLAGE_TURN_PORT" 4<>"/dev/tcp/127.0.0.1/$VILLAGE_TURN_TLS_PORT")
}

village_relay() {
	local dir=$VILLAGE/turn
	mkdir "$dir" && openssl rand -hex 16 >"$dir/turn.secret" &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		    -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
		    -keyout "$dir/turn.key" -out "$dir/turn.crt" 2>/dev/null || return 1
	for _ in 1 2 3 4 5; do
		VILLAGE_TURN_PORT=$(yj_free_port) && VILLAGE_TURN_TLS_PORT=$(yj_free_port) || return 1
		[ "$VILLAGE_TURN_PORT" != "$VILLAGE_TURN_TLS_PORT" ] || continue
		village_relay_config
		: >"$VILLAGE/turnserver.log"
		village_start "$VILLAGE/turnserver.log" turnserver -c "$dir/turnserver.conf"
		yj_until 10 village_relay_listens 2>/dev/null && ! yj_gone "$village_pid" && return 0
		# somebody else was faster with a port
		yj_stop "$village_pid"
	done
	cat "$VILLAGE/turnserver.log" >&2
	return 1
}

# village_gateway_config POLICY: POLICY is the text of `policies:` and what follows it.
village_gateway_config() {
	VILLAGE_HTTP_PORT=$(yj_free_port) || return 1
	cat >"$VILLAGE_CONF" <<-CONF
		gateway:  {id: gw-1, data_dir: $VILLAGE/data, language: zh-CN}
		mqtt:     {host: 127.0.0.1, port: $VILLAGE_GATEWAY_PORT, username: gateway,
		           password_file: $VILLAGE/password/gateway}
		http:     {listen: 127.0.0.1:$VILLAGE_HTTP_PORT,
		           public_url: "http://127.0.0.1:$VILLAGE_HTTP_PORT",
		           web_dir: $YJ_ROOT/build/web}
		ctl:      {socket: $VILLAGE/control.sock}
		notify:   {channel_wait: 5s, default_channels: [mqtt]}
		turn:     {urls: ["turn:127.0.0.1:$VILLAGE_TURN_PORT",
		           "turns:127.0.0.1:$VILLAGE_TURN_TLS_PORT"],
		           secret_file: $VILLAGE/turn/turn.secret}
	CONF
	printf '%s\n' "$1" >>"$VILLAGE_CONF"
}

yj_ctl() {
	"$YJ_BIN/yijianctl" -c "$VILLAGE_CONF" "$@"
}

# Whether somebody else has a port of the gateway's.
village_taken() {
	grep -qi 'in use' "$VILLAGE/yijiand.log"
}

# Whether the gateway says that it is ready; gives up early if it has ended or lacks a port.
village_ready() {
	local answer
	yj_gone "$village_pid" && return 0
	village_taken && return 0
	exec 3<>"/dev/tcp/127.0.0.1/$VILLAGE_HTTP_PORT" || return 1
	printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
	read -r answer <&3
	exec 3<&- 3>&-
	[[ $answer == *" 200 "* ]]
}

village_gateway() {
	for _ in 1 2 3 4 5; do
		village_gateway_config "$1" || return 1
		: >"$VILLAGE/yijiand.log"
		village_start "$VILLAGE/yijiand.log" "$YJ_BIN/yijiand" -c "$VILLAGE_CONF"
		VILLAGE_GATEWAY_PID=$village_pid
		if yj_until 30 village_ready 2>/dev/null && ! yj_gone "$village_pid" &&
		    ! village_taken; then
			return 0
		fi
		yj_stop "$village_pid"
		village_taken || break
	done
	cat "$VILLAGE/yijiand.log" >&2
	return 1
}

village_import() {
	local kind
	for kind in regions institutions residents caregivers devices beds; do
		yj_ctl import "$kind" "$YJ_FIXTURE/$kind.csv" >>"$VILLAGE/import.log" 2>&1 || {
			cat "$VILLAGE/import.log" >&2
			return 1
		}
	done
}

# village_terminal DEVICE: the link that makes a browser on this machine the terminal of that home
village_terminal() {
	printf 'http://127.0.0.1:%s/terminal/#device=%s&password=%s&broker=ws://127.0.0.1:%s/mqtt' \
	    "$VILLAGE_HTTP_PORT" "$1" "$(cat "$VILLAGE/password/$1")" "$VILLAGE_WEB_PORT"
}

# village_person ID OPTION...: a caregiver who reacts to pages as the options of yijian-sim say.
village_person() {
	local id=$1
	shift
	village_start "$VILLAGE/people.log" "$YJ_BIN/yijian-sim" caregiver --host 127.0.0.1 \
	    --port "$VILLAGE_PORT" --id "$id" --password-file "$VILLAGE/password/$id" "$@"
}

# Who is connected to the broker, as often as named: waits until these accounts are.
village_connected() {
	local name
	for name in "$@"; do
		grep -q "New client connected .* as $name " "$VILLAGE/mosquitto.log" || return 1
	done
}
