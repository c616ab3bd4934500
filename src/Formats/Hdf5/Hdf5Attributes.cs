using System.Text;

namespace Graft.Formats;

/// <summary>The attributes of a group that are texts.</summary>
internal static class Hdf5Attributes
{
    private const int MostTexts = 1 << 20;

    /// <summary>Reads the texts of one attribute; null where there is none of that name, or where it holds something else.</summary>
    public static string[]? Texts(Hdf5Object owner, string name)
    {
        foreach (var message in owner.All(Hdf5Message.Attribute))
            if (Read(message, name) is { } texts) return texts;
        return null;
    }

    private static string[]? Read(Hdf5Cursor cursor, string wanted)
    {
        int version = cursor.Byte();
        if (version is < 1 or > 3) return null;
        int flags = cursor.Byte();
        int nameSize = cursor.UInt16(), typeSize = cursor.UInt16(), spaceSize = cursor.UInt16();
        if (version == 3) cursor.Skip(1);
        int Padded(int size) => version == 1 ? (size + 7) / 8 * 8 : size;
        string name = cursor.Part(Padded(nameSize)).Text(Math.Min(nameSize, Padded(nameSize)));
        if (name != wanted || (version > 1 && (flags & 3) != 0)) return null;
        var type = Hdf5Type.Read(cursor.Part(Padded(typeSize)));
        long[] lengths = Hdf5Dataset.ReadLengths(cursor.Part(Padded(spaceSize)));
        long count = lengths.Aggregate(1L, static (product, length) => product * length);
        if (!(type.IsText || type.IsVariableText) || type.Size == 0 || count * (Int128)type.Size > cursor.Left || count > MostTexts) return null;
        var texts = new string[count];
        for (int at = 0; at < count; at++)
            texts[at] = type.IsText ? cursor.Text(type.Size).TrimEnd(' ') : Variable(cursor.Part(type.Size));
        return texts;
    }

    private static string Variable(Hdf5Cursor reference)
    {
        var bytes = reference.Bytes;
        long length = reference.UInt32(), collection = reference.Address();
        uint index = reference.UInt32();
        if (length == 0 || collection < 0) return "";
        var head = bytes.Read(collection, 8 + bytes.LengthSize);
        head.Expect("GCOL"u8);
        long end = collection + head.Skip(4).Length();
        // objects one after another, each with its index and length
        for (long at = collection + 8 + bytes.LengthSize; at < end;)
        {
            var entry = bytes.Read(at, 8 + bytes.LengthSize);
            int found = entry.UInt16();
            long size = entry.Skip(6).Length();
            at += 8 + bytes.LengthSize;
            if (found == index && size >= length) return Encoding.UTF8.GetString(bytes.Read(at, length).Take((int)length));
            if (found == 0 || size < 0 || size > bytes.Length) break;
            at += (size + 7) / 8 * 8;
        }
        throw bytes.Damaged("a text is missing in its heap");
    }
}
