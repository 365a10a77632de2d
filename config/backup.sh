#!/bin/sh
# A backup of one database and its files that belong together, checked, with old ones removed.
#
#   backup.sh DATABASE DATA_DIR FOLDER [DAYS]
#
# Writes FOLDER/DATABASE-<time>/ with database.dump (pg_restore), files.tar.gz (the filestore) and SHA256SUMS; keeps
# DAYS days (14). The database is dumped first: files that a later upload adds are surplus, none is missing.
# PGHOST and friends say where the server is. Restore into a new name:
#   createdb NEW && pg_restore --no-owner -d NEW database.dump
#   mkdir -p DATA_DIR/filestore/NEW && tar -xzf files.tar.gz -C DATA_DIR/filestore/NEW
set -eu

if [ $# -lt 3 ]; then
    sed -n '2,11s/^# \{0,1\}//p' "$0"
    exit 2
fi
database=$1
store=$2/filestore/$1
folder=$3
days=${4:-14}
case $days in '' | *[!0-9]*) echo "backup: $days is no number of days." >&2; exit 2 ;; esac

umask 077
mkdir -p "$folder"
# Two at once would remove each other's old copies.
exec 9>"$folder/.lock"
flock -n 9 || { echo "backup: another backup into $folder is at work." >&2; exit 75; }

name=$database-$(date -u +%Y%m%dT%H%M%SZ)
work=$folder/.$name.partial
rm -rf "$folder"/."$database"-*.partial
mkdir "$work"
trap 'rm -rf "$work"' EXIT INT TERM

pg_dump --format=custom --compress=6 --no-owner --file="$work/database.dump" "$database"
if [ -d "$store" ]; then
    # A file that Odoo removes meanwhile is no longer wanted: tar's status 1 says just that.
    tar -czf "$work/files.tar.gz" -C "$store" . || [ $? -eq 1 ]
else
    tar -czf "$work/files.tar.gz" -T /dev/null
fi
# A dump that cannot be listed is no backup.
pg_restore --list "$work/database.dump" | grep -q 'TABLE DATA public ir_module_module ' || {
    echo "backup: the dump of $database holds no Odoo; nothing was kept." >&2
    exit 1
}
tar -tzf "$work/files.tar.gz" >/dev/null
(cd "$work" && sha256sum database.dump files.tar.gz >SHA256SUMS)
sync -f "$work"
mv "$work" "$folder/$name"
trap - EXIT INT TERM

# Only complete copies are counted; the newest one stays whatever its age.
find "$folder" -mindepth 1 -maxdepth 1 -type d -name "$database-*" ! -name "$name" -mmin "+$((days * 1440))" \
    -exec rm -rf {} +
echo "$folder/$name"
