using Microsoft.Data.Sqlite;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>What an environment made outside of its own process, so that a crash leaves nothing unknown.</summary>
/// <param name="database">The file's open connection.</param>
/// <param name="lost">Told the reason when a write fails; the engine goes on, only a sweep would know less.</param>
internal sealed class Journal(SqliteConnection database, Action<string> lost) : IDisposable
{
    private const int InputOutputError = 10;
    private const int DiskFull = 13;
    private const int CannotOpen = 14;

    private readonly Lock _gate = new();

    /// <summary>Opens a new journal.</summary>
    /// <exception cref="ProblemException">It cannot be written.</exception>
    public static Journal Create(string path, Action<string> lost)
    {
        try
        {
            var database = Connect(path, SqliteOpenMode.ReadWriteCreate);
            using var command = database.CreateCommand();

            // What counts is a crash of this process, not of the machine: after that no process is left to find.
            command.CommandText = """
                PRAGMA journal_mode = MEMORY;
                PRAGMA synchronous = OFF;
                CREATE TABLE IF NOT EXISTS tasks (arn TEXT PRIMARY KEY, status TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS volumes (task TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (task, path));
                CREATE TABLE IF NOT EXISTS processes (pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
                    task TEXT NOT NULL, container TEXT NOT NULL, PRIMARY KEY (pid, started));
                CREATE TABLE IF NOT EXISTS engines (socket TEXT PRIMARY KEY);
                """;
            command.ExecuteNonQuery();
            return new(database, lost);
        }
        catch (SqliteException e) when (IsDisk(e))
        {
            throw new ProblemException(
                "FARGATE002", $"The environment's journal {path} cannot be written: {e.Message}",
                "Free space on that disk, or choose another folder.");
        }
    }

    /// <summary>The processes that a journal knows and that still are the same.</summary>
    public static IReadOnlyList<ProcessIdentity> LiveProcesses(string path) =>
    [
        .. Read(path, "SELECT pid, started FROM processes WHERE boot = $boot", row => new ProcessIdentity(row.GetInt32(0), row.GetInt64(1)))
            .Where(process => process.IsAlive),
    ];

    /// <summary>The container engines in which an environment may have containers, by their sockets.</summary>
    public static IReadOnlyList<Uri> Engines(string path) => Read(path, "SELECT socket FROM engines", row => new Uri(row.GetString(0)));

    public void Task(string arn, string status) =>
        Write("INSERT INTO tasks VALUES ($a, $b) ON CONFLICT (arn) DO UPDATE SET status = $b", arn, status);

    public void Volume(string taskArn, string path) => Write("INSERT OR REPLACE INTO volumes VALUES ($a, $b)", taskArn, path);

    public void Engine(Uri socket) => Write("INSERT OR REPLACE INTO engines VALUES ($a)", socket.OriginalString, "");

    public void VolumesRemoved(string taskArn) => Write("DELETE FROM volumes WHERE task = $a", taskArn, "");

    public void Started(ProcessIdentity process, string taskArn, string container) => Write(
        "INSERT OR REPLACE INTO processes VALUES ($pid, $started, $boot, $a, $b)", taskArn, container, process);

    public void Ended(string taskArn, string container) => Write("DELETE FROM processes WHERE task = $a AND container = $b", taskArn, container);

    public void Dispose() => database.Dispose();

    private static List<T> Read<T>(string path, string sql, Func<SqliteDataReader, T> row)
    {
        var found = new List<T>();
        if (!File.Exists(path))
        {
            return found;
        }

        try
        {
            using var database = Connect(path, SqliteOpenMode.ReadOnly);
            using var command = database.CreateCommand();
            command.CommandText = sql;
            command.Parameters.AddWithValue("$boot", ProcessIdentity.BootId);
            using var rows = command.ExecuteReader();
            while (rows.Read())
            {
                found.Add(row(rows));
            }
        }
        catch (SqliteException)
        {
            // Cut short while it was made: then nothing had been started yet.
        }

        return found;
    }

    private void Write(string sql, string a, string b, ProcessIdentity? process = null)
    {
        try
        {
            lock (_gate)
            {
                using var command = database.CreateCommand();
                command.CommandText = sql;
                command.Parameters.AddWithValue("$a", a);
                command.Parameters.AddWithValue("$b", b);
                if (process is not null)
                {
                    command.Parameters.AddWithValue("$pid", process.Pid);
                    command.Parameters.AddWithValue("$started", process.StartTicks);
                    command.Parameters.AddWithValue("$boot", ProcessIdentity.BootId);
                }

                command.ExecuteNonQuery();
            }
        }
        catch (SqliteException e) when (IsDisk(e))
        {
            lost($"The journal could not be written: {e.Message}");
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        database.Open();
        return database;
    }

    private static bool IsDisk(SqliteException e) => e.SqliteErrorCode is InputOutputError or DiskFull or CannotOpen;
}
