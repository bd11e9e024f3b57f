using Parquet;
using Parquet.Schema;

namespace FastMlp.Data.Formats;

/// <summary>Parquet files with flat columns.</summary>
public static class ParquetTable
{
    /// <summary>
    /// Reads all rows, one row group after the other. Numbers, texts, booleans and dates come as the file has them; an absent value and NaN are missing values.
    /// A DECIMAL is rounded to the nearest double. Columns of <see cref="TableOptions.Ignore"/> are not read.
    /// </summary>
    /// <remarks>Parquet.Net refuses a file with a FLOAT16 column as a whole: write it as FLOAT.</remarks>
    /// <param name="path">The file.</param>
    /// <param name="options">What the user says about the columns.</param>
    /// <exception cref="DataFormatException">The file is damaged, a column is nested or of a type that cannot be learnt from, or the target is wrong; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RawTable Load(string path, TableOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        using FileStream stream = File.OpenRead(path);
        return Load(stream, options, path);
    }

    /// <summary>Reads all rows of a stream that can seek.</summary>
    /// <param name="stream">The file; it is left open.</param>
    /// <param name="options">What the user says about the columns.</param>
    /// <param name="source">The name in messages.</param>
    /// <exception cref="DataFormatException">As for a file.</exception>
    public static RawTable Load(Stream stream, TableOptions? options = null, string source = "Parquet")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        options ??= new TableOptions();

        // The library is asynchronous alone; away from any synchronization context it cannot wait for the caller's thread.
        return Task.Run(() => LoadAsync(stream, options, source)).GetAwaiter().GetResult();
    }

    private static async Task<RawTable> LoadAsync(Stream stream, TableOptions options, string source)
    {
        List<ColumnBuffer> columns = [];
        try
        {
            ParquetReader reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                DataField[] fields = [.. reader.Schema.Fields.Where(field => !options.Ignore.Contains(field.Name)).Select(field => Flat(field, source))];
                columns.AddRange(fields.Select(field => new ColumnBuffer(field.Name, source, KindOf(field, source))));
                for (int group = 0; group < reader.RowGroupCount; group++)
                {
                    using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
                    for (int c = 0; c < fields.Length; c++)
                    {
                        await ReadAsync(rows, fields[c], columns[c]).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (Exception e) when (e is not DataFormatException)
        {
            // A damaged file makes the library throw exceptions of a dozen types.
            throw new DataFormatException($"{source}: this cannot be read as Parquet ({e.GetType().Name}: {MessageText.Quote(e.Message)}). The file is damaged, or has a form that Parquet.Net does not read, such as a FLOAT16 column.", e);
        }

        return ColumnBuffer.ToTable(columns, options with { Ignore = [] }, source);
    }

    private static DataField Flat(Field field, string source) => field is DataField { IsArray: false, MaxRepetitionLevel: 0 } flat ? flat
        : throw new DataFormatException($"{source}: the column {MessageText.Quote(field.Name)} is nested ({(field is DataField ? "a list" : field.SchemaType.ToString().ToLowerInvariant())}); write its parts as columns of their own, or ignore it.");

    private static CellKind KindOf(DataField field, string source)
    {
        Type type = field.ClrType;
        return IsText(type) ? CellKind.Text
            : type == typeof(bool) ? CellKind.Boolean
            : type == typeof(DateTime) || type == typeof(DateOnly) ? CellKind.Date
            : type.IsPrimitive && type != typeof(char) || type == typeof(decimal) ? CellKind.Number
            : type == typeof(Guid) ? CellKind.Text
            : throw new DataFormatException($"{source}: the column {MessageText.Quote(field.Name)} holds values of {type.Name}, which cannot be learnt from; ignore it.");
    }

    // The schema of a file gives texts as memory; the library reads them into either.
    private static bool IsText(Type type) => type == typeof(string) || type == typeof(ReadOnlyMemory<char>);

    // A buffer of the library is of exactly the type of the column.
    private static Task ReadAsync(ParquetRowGroupReader rows, DataField field, ColumnBuffer column)
    {
        Type type = field.ClrType;
        return IsText(type) ? ReadTextsAsync(rows, field, column)
            : type == typeof(bool) ? ReadAsync<bool>(rows, field, column, static (column, value) => column.AddBoolean(value))
            : type == typeof(double) ? ReadAsync<double>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(float) ? ReadAsync<float>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(long) ? ReadAsync<long>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(int) ? ReadAsync<int>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(short) ? ReadAsync<short>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(sbyte) ? ReadAsync<sbyte>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(byte) ? ReadAsync<byte>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(ushort) ? ReadAsync<ushort>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(uint) ? ReadAsync<uint>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(ulong) ? ReadAsync<ulong>(rows, field, column, static (column, value) => column.AddNumber(value))
            : type == typeof(decimal) ? ReadAsync<decimal>(rows, field, column, static (column, value) => column.AddNumber((double)value))
            : type == typeof(DateTime) ? ReadAsync<DateTime>(rows, field, column, static (column, value) => column.AddDate(value))
            : type == typeof(DateOnly) ? ReadAsync<DateOnly>(rows, field, column, static (column, value) => column.AddDate(value.ToDateTime(TimeOnly.MinValue)))
            : type == typeof(Guid) ? ReadAsync<Guid>(rows, field, column, static (column, value) => column.AddText(value.ToString()))
            : throw column.Fault($"values of {type.Name} cannot be learnt from.");
    }

    private static async Task ReadAsync<T>(ParquetRowGroupReader rows, DataField field, ColumnBuffer column, Action<ColumnBuffer, T> add)
        where T : struct
    {
        int count = checked((int)rows.RowCount);
        if (!field.IsNullable)
        {
            T[] values = new T[count];
            await rows.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
            foreach (T value in values)
            {
                add(column, value);
            }

            return;
        }

        T?[] optional = new T?[count];
        await rows.ReadAsync<T>(field, optional.AsMemory()).ConfigureAwait(false);
        foreach (T? value in optional)
        {
            if (value is { } present)
            {
                add(column, present);
            }
            else
            {
                column.AddMissing();
            }
        }
    }

    private static async Task ReadTextsAsync(ParquetRowGroupReader rows, DataField field, ColumnBuffer column)
    {
        string?[] values = new string?[checked((int)rows.RowCount)];
        await rows.ReadAsync(field, values.AsMemory()!).ConfigureAwait(false);
        foreach (string? value in values)
        {
            if (value is null)
            {
                column.AddMissing();
            }
            else
            {
                column.AddText(value);
            }
        }
    }
}
