#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The practice portal by itself, spoken to with curl and openssl only. Usage: test-sim.sh IDSE-SIM
set -u
sim=$(realpath "$1")
dir=$(mktemp -d)
cd "$dir" || exit 1
server=
failures=0
trap 'stop; rm -rf "$dir"' EXIT

# ---- the harness ----


# start [OPTION…]: runs the portal on a free port, and returns when it says that it is ready.
start() {
    exec 3< <(exec "${launcher[@]}" "$sim" --state state --make-credentials credentials --delay 0 "$@")
    server=$!
    read -r url <&3 || { echo "idse-sim does not start"; exit 1; }
}
stop() { end TERM; }
end() {
    [ -z "$server" ] && return
    kill -"$1" "$server"
    wait "$server" 2>/dev/null
    server_status=$?
    server=
}
launcher=()

ok() { # ok WHAT COMMAND…
    local what=$1
    shift
    if "$@" >/dev/null; then echo "ok: $what"; else echo "FAILED: $what"; failures=$((failures + 1)); fi
}
has() { grep -aqF -- "$1" "${2:-answer}" || { head -c 2000 "${2:-answer}"; return 1; }; }
lacks() { ! grep -aqF -- "$1" "${2:-answer}"; }

# ---- the client ----

ask() { "${launcher[@]}" curl -sS --max-time 60 --cacert state/ca.pem -b jar -c jar -o answer -w '%{http_code}' "$@" 2>curl.err >status; }
sign() { # sign FILE: the portal's signature field
    openssl smime -sign -binary -nodetach -noattr -md sha256 -outform PEM -signer "${identity:-identity.pem}" -in "$1" |
        grep -v -e ----- | tr -d '\n'
    printf -- '-----END+PKCS7-----'
}
sequence() { ask -d siteId=9 --data-urlencode "location=$url" "${url}SecuenciaFirma.idse" && cp answer nonce; }
access() { # access PASSWORD: with whatever nonce is there
    sign nonce >pkcs7
    ask -d siteId=9 --data-urlencode pkcs7@pkcs7 -d certificado=CERT.pfx -d llave=CERT.pfx \
        --data-urlencode "idUsuario=$user" --data-urlencode "password=$1" "${url}AccesoIDSE.idse"
}
login() { sequence && access "${1-$password}"; }
sent=0
send() { # send FILE [SIGNED-FILE]
    sent=$((sent + 1))
    sequence && sign "${2:-$1}" >pkcs7 && ask -F 'secuencia=<nonce' -F "archivo=@$1;type=text/plain" -F 'pkcs7=<pkcs7' \
        -F certificado=CERT.pfx -F llave=CERT.pfx -F "idUsuario=$user" "${url}AfiliaEnvio.idse"
}
lot() { grep -o 'id="numeroLote">[0-9]*' answer | grep -o '[0-9]*$'; }
result() { ask -d "loteID=$2" -d loteFecha= -d "act=$1" -d paginacion=10 "${url}AfiliaResultados.idse"; } # ACT LOT
list() { result encuesta ''; }
row() { grep -o "<tr[^>]*><td><a[^>]*>$1<.*</tr>" answer; }
processed() { # processed LOT: asks until it is; each answer is a turn of the portal's loop
    for _ in $(seq 200); do
        list
        row "$1" | grep -q CSV && return
    done
    return 1
}
rejected() { result csv "$1" && grep RECHAZADO answer | cut -d, -f5,10 | tr '\n' ' '; } # LOT: "NSS,CODE NSS,CODE "

# records RP LINE…: each LINE is "TYPE N DATE SBC CURP PATERNO"; N makes the worker's NSS.
records() {
    local rp=$1
    shift
    printf '%s\n' "$@" | LC_ALL=C awk -v rp="$rp" '
        function nss(n,  d, i, p, s) {
            d = sprintf("9902850%03d", n)
            for (i = 1; i <= 10; i++) { p = substr(d, i, 1) * (i % 2 ? 1 : 2); s += int(p / 10) + p % 10 }
            return d (10 - s % 10) % 10
        }
        { baja = $1 == "02"
          printf "%s%s%-27s%-27s%-27s", rp, nss($2), $6, "X", "JUAN"
          if (baja) printf "%015d%s     ", 0, $3
          else printf "%06d      %s00%s%s  ", $4, $1 == "08" ? "1" : " ", $3, $1 == "08" ? "001" : "   "
          printf "%s06400%-10s%s%-18s9\r\n", $1, "EMP", baja ? "2" : " ", baja || $5 == "-" ? "" : $5 }
        END { printf "%-56s%06d%-71s06400%-29s9\r\n", "*************", NR, "", "" }'
}
nss() { records "$rp" "08 $1 01012026 045000 - P" | cut -c12-22 | head -1; }

today=$(TZ=America/Mexico_City date +%d%m%Y)
year=$(TZ=America/Mexico_City date +%Y)

# ---- login ----

start
openssl pkcs12 -in credentials/imss.pfx -passin file:credentials/imss.password -nodes -out identity.pem 2>/dev/null
user=$(cat credentials/imss.user) password=$(cat credentials/imss.password) rp=$(head -1 credentials/imss.rp)

ask "$url"
ok "the login page has the real one's ids" eval 'for i in certificado llave idUsuario password botonFirma \
    idModalWaitProcess imsgErrors avisoModal; do has "id=\"$i\"" || exit 1; done'
list
ok "without a login there is no list" has '#01001'
login
ok "a right login leads to the menu" eval 'has Bienvenido && has "javascript:irA(1)\">Movimientos Afiliatorios" &&
    has "Cerrar Sesión"'
access "$password"
ok "a nonce is good only once" has 'Secuencia de firma no válida'
echo -n 00112233445566778899aabbccddeeff >nonce
access "$password"
ok "a made-up nonce is refused" has 'Secuencia de firma no válida'
sequence
sign nonce | sed 's/END+PKCS7/END PKCS7/' >pkcs7
ask -d siteId=9 --data-urlencode pkcs7@pkcs7 --data-urlencode "idUsuario=$user" --data-urlencode "password=$password" \
    "${url}AccesoIDSE.idse"
ok "the armour must be the real client's" has 'Firma electrónica no válida'
openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.pem -out stranger.crt -subj /CN=nadie -days 2 2>/dev/null
cat stranger.crt >>stranger.pem
identity=stranger.pem login
ok "an unknown certificate is told apart" has 'Certificado no registrado ante el IMSS'
login
ask "${url}CerrarSesion.idse"
ok "logging out says so" has 'Ha cerrado su sesión'
ask "${url}Menu.idse"
ok "and ends the session" has '#01001'

# ---- a lot, from upload to receipts ----

login
ask -d irA= -d "idUsuario=$user" -d rfc_fiel= "${url}Modulos.idse?irA=afiliacion"
ok "the module is there" has 'CAPTURA DE MOVIMIENTOS AFILIATORIOS'
records "$rp" "08 1 $today 045050 PEXJ850101HDFRXN06 MU#OZ" "08 2 $today 046000 - PEREZ" >first.txt
send first.txt
first=$(lot)
ok "an upload gives a número de lote" test "${#first}" = 9
ok "and a folio of 19 digits" grep -Eq 'id="folio">[0-9]{19}<' answer
ok "the ledger has it before the answer" grep -q "\"lot\":\"$first\".*$(sha256sum <first.txt | cut -d' ' -f1)" \
    state/ledger.jsonl
ok "with its bytes" cmp first.txt "state/lots/$first.txt"
ok "it is processed" processed "$first"
ok "the list has it as processed" eval 'sed -n "/Lotes procesados/,\$p" answer | grep -q ">$first<"'
result acuse "$first"
cp answer acuse.pdf
pdftotext -fixed 4.2 acuse.pdf acuse
ok "the acuse reprints the records, column by column" cmp <(tr -d '\r' <first.txt) \
    <(sed -n 's/^ *\(Z99\|\*\*\)/\1/p' acuse)
pdftotext -layout acuse.pdf acuse
ok "and in the usual layout word by word" cmp <(tr -d '\r' <first.txt | tr -s ' ') \
    <(sed -n '/^\(Z99\|\*\*\)/p' acuse | tr -s ' ')
ok "and has huella, sello and page number" eval 'has "$(sha1sum <first.txt | cut -d" " -f1)" acuse &&
    grep -Eq "Sello Digital: [0-9A-F]{128} \| [0-9]+" acuse && has "Página 1 de 1" acuse'
result constancia "$first"
pdftotext -layout answer constancia
ok "the constancia has its twelve totals on a line" grep -Eq '^ *0 +0 +2 +2 +0 +0 +2 +2 +0 +0 +0 +0$' constancia
ok "and the worker with Ñ" grep -Eq "^8 +$(nss 1) +MUÑOZ X JUAN +\\$ 450.50 +0 +001 +0 +../../$year +1 +0$" constancia

# ---- refusals of a whole file ----

before=$(wc -l <state/ledger.jsonl)
refused() { # refused WHAT FILE TEXT
    send "$2"
    ok "$1" has "Archivo rechazado: $3"
}
sed '1s/  / /' first.txt >bad.txt
refused "a line that is too short" bad.txt 'línea 1: mide 167 posiciones'
head -2 first.txt >bad.txt
refused "a file without control record" bad.txt 'el archivo no tiene registro de cifras de control'
sed 's/000002 /000003 /' first.txt >bad.txt
refused "a count that lies" bad.txt 'las cifras de control dicen 3 movimientos y el archivo contiene 2'
records Y1234567890 "08 1 $today 045050 - PEREZ" >bad.txt
refused "somebody else's registro patronal" bad.txt 'el registro patronal Y1234567890 no corresponde al certificado'
send first.txt stranger.pem
ok "a signature over something else" has 'Firma electrónica no válida'
identity=stranger.pem send first.txt
ok "a signature of somebody else" has 'el certificado no es el de la sesión'
ok "none of these is in the ledger" test "$(wc -l <state/ledger.jsonl)" = "$before"

# ---- rules ----

records "$rp" "08 1 $today 045050 PEXJ850101HDFRXN14 MU#OZ" "08 3 $today 045050 - A" "02 3 $today 0 - A" \
    "02 3 $today 0 - A" "07 4 01012099 990000 - B" "08 5 $today 010000 - C" >rules.txt
send rules.txt
second=$(lot)
processed "$second"
expected="$(nss 1),\"061\" $(nss 1),\"031\" $(nss 3),\"061\" $(nss 4),\"042\" $(nss 4),\"051\" $(nss 5),\"052\" "
ok "each rule gives its cause, and a movement may have several" test "$(rejected "$second")" = "${expected//\"/}"
result constancia "$second"
pdftotext -layout answer constancia
ok "the constancia of a mixed lot adds up" grep -Eq '^ *2 +1 +3 +6 +1 +0 +1 +2 +1 +1 +2 +4$' constancia
ok "it names what IMSS has on record" has 'Dato registrado en el IMSS: PEXJ850101HDFRXN06' constancia
send first.txt
again=$(lot)
processed "$again"
ok "the same bytes again are another lot" test -n "$again" -a "$again" != "$first"
ok "and its movements are duplicates" test "$(rejected "$again")" = "$(nss 1),061 $(nss 2),061 "

# ---- many movements, and a restart after kill -9 ----

mapfile -t many < <(for i in $(seq 100 400); do echo "08 $i $today 045050 - PEREZ"; done)
records "$rp" "${many[@]}" >many.txt
send many.txt
big=$(lot)
processed "$big"
result constancia "$big"
cp answer before.pdf
end KILL
printf '{"time":"2026' >>state/ledger.jsonl
start
login
processed "$big"
ok "lots outlive kill -9, and a line cut off in the ledger" row "$first"
rm state/lots/*.constancia
result constancia "$big"
ok "the same lot gives the same constancia again" cmp answer before.pdf
pdftotext -layout answer constancia
ok "on several pages, each with its heading and seal" test "$(grep -c Nombre\ Asegurado constancia)" -ge 7 -a \
    "$(grep -c 'Sello Digital:' constancia)" = "$(grep -c 'Página' constancia)"
ok "with every movement once" test "$(grep -c '^8 ' constancia)" = 301
send first.txt
ok "numbers go on where they were" test "$(lot)" = $((big + 1))

# ---- faults ----

fault() { # fault RULE…: put in force before the next request
    printf '%s\n' "$@" >faults.new
    mv faults.new faults
}
stop
fault '# nothing'
start --fault faults
login
lots() { wc -l <state/ledger.jsonl; }
before=$(lots)
fault 'upload cut=before times=1'
send first.txt
ok "cut before: nothing taken, no answer" test "$(cat status):$(lots)" = "000:$before"
fault 'upload cut=after times=1'
send first.txt
ok "cut after: taken, no answer" test "$(cat status):$(lots)" = "000:$((before + 1))"
fault 'upload cut=mid times=1'
send first.txt
ok "cut mid: taken, half an answer" eval 'test "$(lots)" = $((before + 2)) && has "<h1>" && lacks "</html>"'
send first.txt
ok "and times=1 is over" has numeroLote
fault 'upload status=503 retry-after=7 first=2 times=1'
send first.txt
ok "first=2 spares the first" has numeroLote
sent=$((sent + 1))
ask -D headers -d x= "${url}AfiliaEnvio.idse"
ok "503 with Retry-After" eval 'test "$(cat status)" = 503 && grep -qi "^retry-after: 7" headers'
before=$(lots)
fault 'upload status=500 taken=yes'
send first.txt
ok "500 after it was taken" test "$(cat status):$(lots)" = "500:$((before + 1))"
fault 'list page=maintenance'
list
ok "maintenance page" has 'se encuentra en mantenimiento'
fault 'list page=unknown'
list
ok "unknown page" eval 'lacks imsgErrors && lacks "Lotes procesados"'
fault 'list page=encoding'
list
ok "wrong encoding" eval '! iconv -f UTF-8 -t UTF-8 answer 2>/dev/null'
fault 'list drip=100000 delay=0.01'
list
ok "a slow answer is whole" has '</html>'
fault 'upload lot=stuck times=1'
send first.txt
stuck=$(lot)
send first.txt
processed "$(lot)"
ok "a stuck lot stays unprocessed" eval 'row "$stuck" | grep -q Acuse && ! row "$stuck" | grep -q CSV'
result constancia "$stuck"
ok "and has no constancia" has 'Documento no disponible'
fault 'acuse receipt=missing'
result acuse "$first"
ok "missing receipt" has 'Documento no disponible'
fault 'constancia receipt=mismatch' 'acuse receipt=foreign'
result constancia "$first"
pdftotext -layout answer constancia
ok "totals that do not add up" grep -Eq '^ *0 +0 +2 +2 +0 +0 +2 +3 +0 +0 +0 +0$' constancia
result acuse "$first"
pdftotext -layout answer acuse
ok "another lot's acuse" lacks "$first" acuse
fault 'connect tls=fail'
ask "$url"
ok "TLS failure" test "$(cat status)" = 000
fault 'connect cut=before'
ask "$url"
ok "connection cut at once" test "$(cat status)" = 000
fault 'menu page=session-lost'
ask "${url}Menu.idse"
fault '#'
list
ok "a lost session is really gone" has '#01001'
fault 'login login=backend-timeout' 'nonsense'
login
ok "a faulty fault file leaves the old rules" has Bienvenido
fault 'login login=backend-timeout'
login
ok "backend time-out" has 'El tiempo de espera del WS de firma electrónica expiró'
fault '#'

# ---- lock, idle time, expiry ----

login wrong
ok "a wrong password" has 'Usuario o contraseña incorrectos'
login wrong
login wrong
ok "the third one locks the account" has 'Cuenta bloqueada'
login
ok "also for the right password" has 'Cuenta bloqueada'
rm state/locked/*
login
ok "until a person unlocks it" has Bienvenido
ok "every request was counted" test "$(grep -c '"step":"upload"' state/requests.jsonl)" = "$sent"
ok "no password stands in the state folder" eval '! grep -raqF "$password" state'
stop
ok "it ends cleanly" test "$server_status" = 0
start --idle 0
login
list
ok "an idle session ends" has '#01001'
stop
if command -v faketime >/dev/null; then
    # Its environment without itself: it would stay between us and the portal that is to be stopped.
    mapfile -t launcher < <(faketime -f +3y env | grep -E '^(LD_PRELOAD|FAKETIME)=')
    launcher=(env "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" "${launcher[@]}")
    start
    login
    ok "an expired certificate has its own answer" has 'Certificado caducado (código 11)'
    stop
fi

[ "$failures" = 0 ]
