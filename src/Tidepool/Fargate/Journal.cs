using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>What an environment made outside of its own process, so that a crash leaves nothing unknown.</summary>
/// <param name="database">The file, open.</param>
/// <param name="lost">Told the reason when a write fails; the engine goes on, only a sweep would know less.</param>
internal sealed class Journal(JournalDatabase database, Action<string> lost) : IDisposable
{
    private readonly Lock _gate = new();

    /// <summary>Opens a new journal.</summary>
    /// <exception cref="ProblemException">It cannot be written.</exception>
    public static Journal Create(string path, Action<string> lost)
    {
        try
        {
            var database = new JournalDatabase(path, write: true);

            // What counts is a crash of this process, not of the machine: after that no process is left to find.
            database.Execute("""
                PRAGMA journal_mode = MEMORY;
                PRAGMA synchronous = OFF;
                CREATE TABLE IF NOT EXISTS tasks (arn TEXT PRIMARY KEY, status TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS volumes (task TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (task, path));
                CREATE TABLE IF NOT EXISTS processes (pid INTEGER NOT NULL, started INTEGER NOT NULL, boot TEXT NOT NULL,
                    task TEXT NOT NULL, container TEXT NOT NULL, PRIMARY KEY (pid, started));
                CREATE TABLE IF NOT EXISTS engines (socket TEXT PRIMARY KEY);
                """);
            return new(database, lost);
        }
        catch (JournalException e) when (e.IsDisk)
        {
            throw new ProblemException(
                "FARGATE002", $"The environment's journal {path} cannot be written: {e.Message}",
                "Free space on that disk, or choose another folder.");
        }
    }

    /// <summary>The processes that a journal knows and that still are the same.</summary>
    public static IReadOnlyList<ProcessIdentity> LiveProcesses(string path) =>
    [
        .. Read(path, "SELECT pid, started FROM processes WHERE boot = ?", [ProcessIdentity.BootId], row => new ProcessIdentity((int)row.Integer(0), row.Integer(1)))
            .Where(process => process.IsAlive),
    ];

    /// <summary>The container engines in which an environment may have containers, by their sockets.</summary>
    public static IReadOnlyList<Uri> Engines(string path) => Read(path, "SELECT socket FROM engines", [], row => new Uri(row.Text(0)));

    public void Task(string arn, string status) =>
        Write("INSERT INTO tasks VALUES (?, ?) ON CONFLICT (arn) DO UPDATE SET status = excluded.status", arn, status);

    public void Volume(string taskArn, string path) => Write("INSERT OR REPLACE INTO volumes VALUES (?, ?)", taskArn, path);

    public void Engine(Uri socket) => Write("INSERT OR REPLACE INTO engines VALUES (?)", socket.OriginalString);

    public void VolumesRemoved(string taskArn) => Write("DELETE FROM volumes WHERE task = ?", taskArn);

    public void Started(ProcessIdentity process, string taskArn, string container) => Write(
        "INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?)", process.Pid, process.StartTicks, ProcessIdentity.BootId, taskArn, container);

    public void Ended(string taskArn, string container) => Write("DELETE FROM processes WHERE task = ? AND container = ?", taskArn, container);

    public void Dispose() => database.Dispose();

    private static IReadOnlyList<T> Read<T>(string path, string sql, IReadOnlyList<object> parameters, Func<JournalDatabase.Row, T> row)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using var database = new JournalDatabase(path, write: false);
            return database.Query(sql, parameters, row);
        }
        catch (JournalException)
        {
            // Cut short while it was made: then nothing had been started yet.
            return [];
        }
    }

    private void Write(string sql, params object[] parameters)
    {
        try
        {
            lock (_gate)
            {
                database.Query(sql, parameters, _ => true);
            }
        }
        catch (JournalException e) when (e.IsDisk)
        {
            lost($"The journal could not be written: {e.Message}");
        }
    }
}
