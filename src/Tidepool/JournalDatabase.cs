using SQLitePCL;

namespace Tidepool;

/// <summary>An SQLite file. SQLite itself: the layers of System.Data above it take 4 MB of memory, and nothing here needs them.</summary>
/// <remarks>Source: https://www.sqlite.org/cintro.html</remarks>
internal sealed class JournalDatabase : IDisposable
{
    private const int BusyMilliseconds = 5000;
    private const int PrimaryCode = 0xff;

    private readonly sqlite3 _file;

    static JournalDatabase() => Batteries_V2.Init();

    /// <summary>Opens a file, or makes it where it is to be written.</summary>
    /// <exception cref="JournalException">It cannot be.</exception>
    public JournalDatabase(string path, bool write)
    {
        var code = raw.sqlite3_open_v2(path, out _file, write ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READONLY, null);
        Check(code);
        Check(raw.sqlite3_busy_timeout(_file, BusyMilliseconds));
    }

    /// <summary>Executes some statements without parameters.</summary>
    /// <exception cref="JournalException">One of them failed.</exception>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_file, sql));

    /// <summary>Executes a statement, and reads what it answers.</summary>
    /// <param name="sql">The statement, with a <c>?</c> for each parameter.</param>
    /// <param name="parameters">Texts and integers, in their order.</param>
    /// <param name="row">Reads a row.</param>
    /// <exception cref="JournalException">It failed.</exception>
    public IReadOnlyList<T> Query<T>(string sql, IReadOnlyList<object> parameters, Func<Row, T> row)
    {
        Check(raw.sqlite3_prepare_v2(_file, sql, out var statement));
        using (statement)
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                Check(parameters[i] is string text
                    ? raw.sqlite3_bind_text(statement, i + 1, text)
                    : raw.sqlite3_bind_int64(statement, i + 1, Convert.ToInt64(parameters[i], null)));
            }

            var found = new List<T>();
            int code;
            while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                found.Add(row(new(statement)));
            }

            Check(code);
            return found;
        }
    }

    public void Dispose() => _file.Dispose();

    private void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE))
        {
            throw new JournalException(code & PrimaryCode, raw.sqlite3_errmsg(_file).utf8_to_string());
        }
    }

    /// <summary>A row of an answer; columns count from 0.</summary>
    internal readonly struct Row(sqlite3_stmt statement)
    {
        public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

        public long Integer(int column) => raw.sqlite3_column_int64(statement, column);
    }
}

/// <summary>SQLite refused.</summary>
/// <param name="code">Its result code: https://www.sqlite.org/rescode.html.</param>
/// <param name="message">Its words.</param>
internal sealed class JournalException(int code, string message) : Exception(message)
{
    /// <summary>Whether the disk is full, or cannot be written or read.</summary>
    public bool IsDisk => code is raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN;
}
