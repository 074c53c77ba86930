using System.Globalization;

namespace Tidepool.Storage.Comparison;

/// <summary>What a container does to take the time of all work, on a volume and in its own layer by turns.</summary>
/// <remarks>
/// For each piece and turn it says <c>large.layer</c> and <c>large.volume</c> in nanoseconds, <c>large.layer.held</c> and <c>large.volume.held</c>, and
/// <c>clone.missing</c> where the image lacks a tool. Nothing is dropped from the page cache: what is read was written just before, as in a hand-off.
/// </remarks>
internal static class SpeedScript
{
    private const int LargestBlock = 16 * 1048576;
    private const int FilesOfFolder = 100;

    // A disk and its caches are never as they were before: the layer is first in one turn, the volume in the next, and the best of both counts.
    // Nothing is given away (tar -o): through an access point nobody can. Small files stay until the end, for their removal would be going on while the next ones are timed.
    private const string Text =
        """
        layer=/tmp/tidepool-speed; volume=VOLUME; mkdir -p "$layer" "$volume"
        if t=$(date +%s%N 2> /dev/null) && [ ${#t} -ge 19 ] && [ -z "${t##*[0-9]}" ]; then now() { date +%s%N; }
        else now() { read -r up _ < /proc/uptime; echo "${up%.*}${up#*.}0000000"; }; say clock=/proc/uptime; fi
        say shrink=SHRINK
        say layer-on=$(stat -f -c %T "$layer" 2>&1) volume-on=$(stat -f -c %T "$volume" 2>&1)

        measure() {
          begun=$(now)
          if why=$("$1" "$3" 2>&1); then took=$(( $(now) - begun )); say "$1.$2=$took"; say "$1.$2.held=$("held_$1" "$3")"
          else say "$1.$2.failed=$(echo $why | head -c 300)"; fi
        }
        turns() {
          n=0; since=$(now)
          while [ $n -lt TURNS ]; do
            n=$((n+1))
            if [ $((n%2)) = 1 ]; then measure "$1" layer "$layer/$1$n"; measure "$1" volume "$volume/$1$n"
            else measure "$1" volume "$volume/$1$n"; measure "$1" layer "$layer/$1$n"; fi
            took=$(( $(now) - since )); if [ $took -gt LONG ] || { [ $n -ge 2 ] && [ $took -gt ENOUGH ]; }; then break; fi
          done
        }
        lacks() { for tool in $2; do command -v "$tool" > /dev/null || { say "$1.missing=$tool"; return 0; }; done; return 1; }
        files() { echo $#; }

        head -c BLOCK /dev/urandom > "$layer/block"
        large() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cat "$layer/block" || return; done > "$1" && dd if=/dev/null of="$1" conv=notrunc,fsync && cat "$1" > /dev/null; }
        held_large() { wc -c < "$1"; rm -f "$1"; }
        turns large

        text=$(head -c 768 /dev/urandom | base64 | tr -d '\n')
        small() {
          i=0
          while [ $i -lt 100 ]; do
            mkdir -p "$1/$i" || return; j=0
            while [ $j -lt PERFOLDER ]; do printf %s "$text" > "$1/$i/$j" || return; j=$((j+1)); done
            i=$((i+1))
          done
          for f in "$1"/*; do cat "$f"/* || return; done > /dev/null
        }
        held_small() { files "$1"/*/*; }
        turns small

        export HOME="$layer" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
        clone() { git clone -q "file://$layer/source.git" "$1"; }
        held_clone() { files "$1"/*/*; }
        if ! lacks clone git; then
          git init -q --bare "$layer/source.git"; git --git-dir="$layer/source.git" symbolic-ref HEAD refs/heads/main
          {
            printf 'commit refs/heads/main\ncommitter tidepool <tidepool@example.invalid> 1700000000 +0000\ndata 1\n.\n'; i=1000
            while [ $i -lt 3000 ]; do printf 'M 100644 inline %s/%s\ndata %s\n%s%s\n' $((i/100)) $i $((${#text}+4)) "$text" $i; i=$((i+SHRINK)); done
            echo
          } | git --git-dir="$layer/source.git" fast-import --quiet
          turns clone
        fi

        unpack() { mkdir "$1" && tar -xzof "$layer/package" -C "$1"; }
        held_unpack() { files "$1"/*/*; }
        if ! lacks unpack 'tar gzip'; then
          ( cd "$layer/small1" && tar -czf "$layer/package" 7? 8? 9? )
          turns unpack
        fi
        CLEAN
        """;

    /// <summary>The script.</summary>
    /// <param name="folder">A folder on the volume, of this script alone.</param>
    /// <param name="pace">How often each is done.</param>
    /// <param name="isKept">Whether the volume outlives the task: its files are removed then.</param>
    public static string Of(string folder, SpeedPace pace, bool isKept) => Text
        .Replace("VOLUME", folder, StringComparison.Ordinal)
        .Replace("BLOCK", (LargestBlock / pace.Shrink).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("PERFOLDER", (FilesOfFolder / pace.Shrink).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("SHRINK", pace.Shrink.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("TURNS", pace.Turns.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("ENOUGH", Nanoseconds(pace.Enough), StringComparison.Ordinal)
        .Replace("LONG", Nanoseconds(pace.Long), StringComparison.Ordinal)
        .Replace("CLEAN", isKept ? "rm -rf \"$volume\"" : "", StringComparison.Ordinal);

    private static string Nanoseconds(TimeSpan time) => ((long)time.TotalMilliseconds * 1_000_000).ToString(CultureInfo.InvariantCulture);
}
