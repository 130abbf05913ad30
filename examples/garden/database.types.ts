/** What `supabase gen types typescript --schema public` writes for `schema.sql`. */

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  __InternalSupabase: {
    PostgrestVersion: "13.0.5";
  };
  public: {
    Tables: {
      parts: {
        Row: {
          body: string;
          category: string | null;
          charge: number | null;
          created_at: string;
          deleted_at: string | null;
          id: string;
          last_active: string | null;
          name: string;
          notes: Json | null;
          slug: string;
          status: Database["public"]["Enums"]["part_status"];
          tags: string[] | null;
          updated_at: string;
          user_id: string;
        };
        Insert: {
          body?: string;
          category?: string | null;
          charge?: number | null;
          created_at?: string;
          deleted_at?: string | null;
          id?: string;
          last_active?: string | null;
          name: string;
          notes?: Json | null;
          slug: string;
          status?: Database["public"]["Enums"]["part_status"];
          tags?: string[] | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          body?: string;
          category?: string | null;
          charge?: number | null;
          created_at?: string;
          deleted_at?: string | null;
          id?: string;
          last_active?: string | null;
          name?: string;
          notes?: Json | null;
          slug?: string;
          status?: Database["public"]["Enums"]["part_status"];
          tags?: string[] | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      [_ in never]: never;
    };
    Enums: {
      part_status: "emerging" | "active" | "resting" | "retired";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};
