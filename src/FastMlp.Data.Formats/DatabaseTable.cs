using System.Data.Common;
using System.Globalization;

namespace FastMlp.Data.Formats;

/// <summary>Rows of a query, by any ADO.NET provider: PostgreSQL (Npgsql), SQLite, SQL Server, DuckDB.</summary>
public static class DatabaseTable
{
    /// <summary>
    /// Reads all rows that are left of the current result. Numbers, texts, booleans and dates come as the provider gives them, NULL is a missing value; a DECIMAL
    /// is rounded to the nearest double, and a time with an offset is taken in UTC. The messages name no connection.
    /// </summary>
    /// <param name="reader">The result of a query, in front of its first row; it is left open.</param>
    /// <param name="options">What the user says about the columns.</param>
    /// <param name="source">The name in messages.</param>
    /// <exception cref="DataFormatException">A column is of a type that cannot be learnt from, has no name, a value does not fit, or the target is wrong; the message says where.</exception>
    /// <exception cref="DbException">The database failed.</exception>
    public static RawTable Read(DbDataReader reader, TableOptions? options = null, string source = "the query")
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(source);
        ColumnBuffer[] columns = new ColumnBuffer[reader.FieldCount];
        for (int c = 0; c < columns.Length; c++)
        {
            string name = reader.GetName(c);
            columns[c] = name.Length > 0 ? new ColumnBuffer(name, source)
                : throw new DataFormatException(string.Create(CultureInfo.InvariantCulture, $"{source}: column {c} has no name; give it one by AS."));
        }

        while (reader.Read())
        {
            for (int c = 0; c < columns.Length; c++)
            {
                Add(columns[c], reader, c);
            }
        }

        return ColumnBuffer.ToTable(columns, options, source);
    }

    private static void Add(ColumnBuffer column, DbDataReader reader, int c)
    {
        if (reader.IsDBNull(c))
        {
            column.AddMissing();
            return;
        }

        // Asked in each row, for SQLite has a type for each value.
        Type type = reader.GetFieldType(c);
        try
        {
            switch (Type.GetTypeCode(type))
            {
                case TypeCode.Double:
                    column.AddNumber(reader.GetDouble(c));
                    break;
                case TypeCode.Single:
                    column.AddNumber(reader.GetFloat(c));
                    break;
                case TypeCode.Int64:
                    column.AddNumber(reader.GetInt64(c));
                    break;
                case TypeCode.Int32:
                    column.AddNumber(reader.GetInt32(c));
                    break;
                case TypeCode.Int16:
                    column.AddNumber(reader.GetInt16(c));
                    break;
                case TypeCode.Byte:
                    column.AddNumber(reader.GetByte(c));
                    break;
                case TypeCode.Decimal:
                    column.AddNumber((double)reader.GetDecimal(c));
                    break;
                case TypeCode.String:
                    column.AddText(reader.GetString(c));
                    break;
                case TypeCode.Boolean:
                    column.AddBoolean(reader.GetBoolean(c));
                    break;
                case TypeCode.DateTime:
                    column.AddDate(reader.GetDateTime(c));
                    break;
                default:
                    AddOther(column, reader.GetValue(c));
                    break;
            }
        }
        catch (Exception e) when (e is OverflowException or InvalidCastException or FormatException)
        {
            throw column.Fault($"the provider cannot give the value as {type.Name}; CAST the column AS DOUBLE PRECISION or AS TEXT in the query.", e);
        }
    }

    private static void AddOther(ColumnBuffer column, object value)
    {
        switch (value)
        {
            case sbyte number:
                column.AddNumber(number);
                break;
            case ushort number:
                column.AddNumber(number);
                break;
            case uint number:
                column.AddNumber(number);
                break;
            case ulong number:
                column.AddNumber(number);
                break;
            case DateOnly date:
                column.AddDate(date.ToDateTime(TimeOnly.MinValue));
                break;
            case DateTimeOffset moment:
                column.AddDate(moment.UtcDateTime);
                break;
            case Guid or char:
                column.AddText(value.ToString()!);
                break;
            default:
                throw column.Fault($"a value of {value.GetType().Name} cannot be learnt from; leave the column out of the query, or CAST it.");
        }
    }
}
