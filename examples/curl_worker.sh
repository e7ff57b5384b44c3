#!/bin/sh
# A worker that needs curl alone. It asks what to train next, runs a command with the architecture as JSON behind it, and
# tells the number that the command prints; a command that fails is a training that failed.
#
#     sh examples/curl_worker.sh python train.py
#
# EMPROX_URL names the server, STUDY and METRIC what is searched, WORKER this worker, TRAININGS how many it does.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 COMMAND...: the command that trains an architecture and prints a number" >&2; exit 2; }
url=${EMPROX_URL:-http://127.0.0.1:8000}
study=${STUDY:-default}
metric=${METRIC:-val_accuracy}
worker=${WORKER:-$(uname -n)-$$}
trainings=${TRAININGS:-10}

post() { # path, body; a server that is busy or away for a while is asked again
    curl --silent --show-error --fail-with-body --retry 8 --retry-connrefused --retry-max-time 300 \
        --header 'Content-Type: application/json' ${EMPROX_API_KEY:+--header "Authorization: Bearer $EMPROX_API_KEY"} \
        --data "$2" "$url$1"
}

while [ "$trainings" -gt 0 ]; do
    answer=$(post /suggest "{\"study\": \"$study\", \"worker\": \"$worker\"}") || { echo "$answer" >&2; exit 1; }
    # A string, or an object of choices whose values have no brackets in them.
    architecture=$(printf %s "$answer" | sed -nE 's/.*"architecture":("[^"]*"|\{"choices":\{[^}]*\}\}).*/\1/p')
    [ -n "$architecture" ] || { echo "nothing is left to suggest: $answer" >&2; exit 1; }
    # Its own id makes the observation one, however often it is sent.
    id=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
    if value=$("$@" "$architecture"); then
        result="\"metrics\": {\"$metric\": $value}"
    elif status=$?; [ "$status" -eq 126 ] || [ "$status" -eq 127 ]; then
        echo "$1 cannot be run: nothing was told to the server" >&2
        exit "$status"
    else
        result='"metrics": {}, "status": "failed"'
    fi
    post /observe "{\"study\": \"$study\", \"observations\": [
        {\"observation_id\": \"$id\", \"architecture\": $architecture, \"worker\": \"$worker\", $result}]}"
    echo
    trainings=$((trainings - 1))
done
