#!/bin/sh
# Draws one sample of a model of strokes and writes it as SVG; needs curl and awk only.
# usage: sh sample.sh http://localhost:8501 kanji kanji.svg [SEED] [TEXT]
# TEXT is for models that read one. TOKEN=... in the environment for a server that wants one.
set -eu
url=$1 model=$2 file=$3 seed=${4:-7} text=${5:-}
more=
if [ -n "$text" ]; then
    quoted=$(printf %s "$text" | sed 's/\\/\\\\/g; s/"/\\"/g')
    more=", \"text\": [\"$quoted\"], \"style\": [\"\"]"
fi
body="{\"inputs\": {\"seed\": [[$seed, 0]], \"num_steps\": [2000], \"bias\": [0.5], \
\"temperature\": [1.0]$more}}"
answer=$(printf %s "$body" | curl --silent --show-error --max-time 60 \
    --header 'Content-Type: application/json' ${TOKEN:+--header "Authorization: Bearer $TOKEN"} \
    --data-binary @- "$url/v1/models/$model:predict")
case $answer in
*'"events"'*) ;;
*) printf '%s\n' "$answer" >&2 && exit 1 ;;
esac
# lengths is [n], events [[[dx, dy, pen], ...]]: n, then a line each, "dx dy pen".
printf %s "$answer" | tr -d ' \n\t' | awk '{
    print substr($0, index($0, "\"lengths\":[") + 11) + 0
    rest = substr($0, index($0, "\"events\":[[[") + 12)
    print substr(rest, 1, index(rest, "]]]") - 1)
}' | awk '{ gsub(/\],\[/, "\n"); gsub(/,/, " "); print }' | awk '
    BEGIN { down = 0; path = "M0 0"; x = y = left = right = top = bottom = 0 }
    NR == 1 { last = $1 + 1 }
    NR > 1 && NR <= last {
        x += $1; y += $2
        path = path (down ? " L" : " M") x " " y
        down = $3 < 0.5
        left = x < left ? x : left; right = x > right ? x : right
        top = y < top ? y : top; bottom = y > bottom ? y : bottom
    }
    END {
        margin = (right - left + bottom - top) / 20
        printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%g %g %g %g\">\n",
            left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin
        printf "<path d=\"%s\" fill=\"none\" stroke=\"#111\" stroke-linecap=\"round\" " \
            "stroke-linejoin=\"round\" stroke-width=\"%g\"/>\n</svg>\n", path, margin / 4
    }' > "$file"
