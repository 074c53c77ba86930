using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.State;

/// <summary>What outlives the process of a service, in an SQLite file: agents, job requests, pipelines, and of each run what came from outside.</summary>
/// <remarks>
/// Written before the answer goes out, and not flushed to the disk: what counts is the end of this process, not of the machine. Holds secrets of
/// runs, also of those that have ended; only its owner may read it, and it goes when the service ends cleanly. See docs/adr/0015-state-that-outlives-the-service.md.
/// </remarks>
internal sealed class ServiceStore : IDisposable
{
    private const string Name = "service.db";
    private const int KeyBytes = 32;

    private readonly Lock _gate = new();
    private readonly JournalDatabase _database;
    private readonly FileStream _lock;
    private bool _closed;

    private ServiceStore(JournalDatabase database, FileStream held) => (_database, _lock) = (database, held);

    /// <summary>Opens the store of a folder, or makes it.</summary>
    /// <exception cref="ProblemException">SERVICE010: another process has it, or it cannot be read or written.</exception>
    public static ServiceStore Open(string folder)
    {
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(folder);
            held = new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var file = Path.Combine(folder, Name);
            MakePrivate(folder, file);
            var database = new JournalDatabase(file, write: true);
            database.Execute("""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = OFF;
                CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS repositories (name TEXT PRIMARY KEY);
                CREATE TABLE IF NOT EXISTS groups (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS definitions (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS agents (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS notes (run INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS counters (run INTEGER PRIMARY KEY, json TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS inputs (number INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL);
                CREATE INDEX IF NOT EXISTS inputs_of_run ON inputs (run, number);
                """);
            return new(database, held);
        }
        catch (Exception e) when (e is JournalException or IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new ProblemException(
                "SERVICE010", $"The service's state in {folder} cannot be used: {e.Message}", "End the other process that uses it, or remove the folder to begin anew.");
        }
    }

    // SQLite gives its other files the mode of this one.
    private static void MakePrivate(string folder, string file)
    {
        File.Open(file, FileMode.OpenOrCreate).Dispose();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>A key that tokens of jobs are made with, the same for as long as the store lives.</summary>
    public byte[] Key()
    {
        lock (_gate)
        {
            if (_database.Query("SELECT value FROM facts WHERE name = 'key'", [], row => row.Text(0)) is [var known])
            {
                return Convert.FromHexString(known);
            }

            var key = Unguessable.Hex(KeyBytes);
            Write("INSERT INTO facts VALUES ('key', ?)", key);
            return Convert.FromHexString(key);
        }
    }

    /// <summary>How often a service started here, this time included.</summary>
    public int CountStart()
    {
        lock (_gate)
        {
            Write("INSERT INTO facts VALUES ('starts', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1");
            return int.Parse(_database.Query("SELECT value FROM facts WHERE name = 'starts'", [], row => row.Text(0))[0], CultureInfo.InvariantCulture);
        }
    }

    public IReadOnlyList<string> Repositories() => Read("SELECT name FROM repositories ORDER BY rowid", row => row.Text(0));

    public IReadOnlyList<VariableGroup> Groups() => All("groups", StateJson.Default.VariableGroup);

    public IReadOnlyList<PipelineDefinition> Definitions() => All("definitions", StateJson.Default.PipelineDefinition);

    public IReadOnlyList<StoredAgent> Agents() => All("agents", StateJson.Default.StoredAgent);

    public IReadOnlyList<StoredRequest> Requests() => All("requests", StateJson.Default.StoredRequest);

    public IReadOnlyList<StoredRun> Runs() => All("runs", StateJson.Default.StoredRun);

    public StoredNotes? Notes(int run) => Of("notes", run, StateJson.Default.StoredNotes);

    public Dictionary<string, int>? Counters(int run) => Of("counters", run, StateJson.Default.DictionaryStringInt32);

    /// <summary>The inputs of a run in their order.</summary>
    public IReadOnlyList<StoredInput> Inputs(int run) => Read(
        "SELECT at, json FROM inputs WHERE run = ? ORDER BY number",
        row => new StoredInput(new(row.Integer(0), TimeSpan.Zero), JsonSerializer.Deserialize(row.Text(1), StateJson.Default.RunInput)!),
        run);

    public void AddRepository(string name) => Write("INSERT OR IGNORE INTO repositories VALUES (?)", name);

    public void Save(VariableGroup group) => Save("groups", group.Id, group, StateJson.Default.VariableGroup);

    public void RemoveGroup(int id) => Write("DELETE FROM groups WHERE id = ?", id);

    public void Add(PipelineDefinition definition) => Save("definitions", definition.Id, definition, StateJson.Default.PipelineDefinition);

    public void Save(StoredAgent agent) => Save("agents", agent.Id, agent, StateJson.Default.StoredAgent);

    public void RemoveAgent(int id) => Write("DELETE FROM agents WHERE id = ?", id);

    public void Save(StoredRequest request) => Save("requests", request.Id, request, StateJson.Default.StoredRequest);

    public void RemoveRequest(long id) => Write("DELETE FROM requests WHERE id = ?", id);

    /// <summary>Forgets a run and all of it; its job requests go by themselves.</summary>
    public void RemoveRun(int id)
    {
        Write("DELETE FROM runs WHERE id = ?", id);
        Write("DELETE FROM notes WHERE run = ?", id);
        Write("DELETE FROM counters WHERE run = ?", id);
        Write("DELETE FROM inputs WHERE run = ?", id);
    }

    public void Add(StoredRun run) => Save("runs", run.Id, run, StateJson.Default.StoredRun);

    public void Save(int run, StoredNotes notes) => Save("notes", run, notes, StateJson.Default.StoredNotes);

    public void Save(int run, Dictionary<string, int> counters) => Save("counters", run, counters, StateJson.Default.DictionaryStringInt32);

    public void Append(int run, DateTimeOffset at, RunInput input) => Write(
        "INSERT INTO inputs (run, at, json) VALUES (?, ?, ?)", run, at.UtcTicks, JsonSerializer.Serialize(input, StateJson.Default.RunInput));

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _database.Dispose();
            _lock.Dispose();
        }
    }

    private IReadOnlyList<T> All<T>(string table, JsonTypeInfo<T> type) =>
        Read(string.Create(CultureInfo.InvariantCulture, $"SELECT json FROM {table} ORDER BY rowid"), row => JsonSerializer.Deserialize(row.Text(0), type)!);

    private T? Of<T>(string table, int run, JsonTypeInfo<T> type) where T : class =>
        Read($"SELECT json FROM {table} WHERE run = ?", row => JsonSerializer.Deserialize(row.Text(0), type)!, run).FirstOrDefault();

    private void Save<T>(string table, long id, T value, JsonTypeInfo<T> type) =>
        Write($"INSERT OR REPLACE INTO {table} VALUES (?, ?)", id, JsonSerializer.Serialize(value, type));

    private IReadOnlyList<T> Read<T>(string sql, Func<JournalDatabase.Row, T> row, params object[] parameters)
    {
        lock (_gate)
        {
            return _database.Query(sql, parameters, row);
        }
    }

    private void Write(string sql, params object[] parameters)
    {
        lock (_gate)
        {
            if (_closed)
            {
                // The service ends; what comes now was never answered.
                return;
            }

            try
            {
                _database.Query(sql, parameters, _ => true);
            }
            catch (JournalException e) when (e.IsDisk)
            {
                throw new ProblemException("SERVICE006", $"The service's state has no place: {e.Message}", "Free space on that disk.");
            }
        }
    }
}
