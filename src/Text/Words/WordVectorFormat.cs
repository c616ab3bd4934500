namespace Graft.Text;

/// <summary>How word vectors lie in a file.</summary>
public enum WordVectorFormat
{
    /// <summary>A line with the counts, then each word, a space and float32 (<c>.bin</c>).</summary>
    Word2VecBinary,

    /// <summary>A line with the counts, then a word and its numbers a line, as fastText writes them too (<c>.vec</c>).</summary>
    Word2VecText,

    /// <summary>A word and its numbers a line (<c>.txt</c>).</summary>
    Glove,

    /// <summary><c>weight</c> [V, D] and <c>words</c>, the bytes of V words with a line break behind each (<c>.safetensors</c>).</summary>
    Safetensors,
}
