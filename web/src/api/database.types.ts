export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  __InternalSupabase: { PostgrestVersion: "14.1" };
  public: {
    Tables: {
      organization_invitations: {
        Row: {
          id: string;
          organization_id: string;
          email: string;
          role: Database["public"]["Enums"]["organization_role"];
          expires_at: string;
          accepted_at: string | null;
          invited_by: string | null;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      organization_members: {
        Row: {
          organization_id: string;
          user_id: string;
          role: Database["public"]["Enums"]["organization_role"];
          joined_at: string;
        };
        Insert: never;
        Update: never;
        Relationships: [
          {
            foreignKeyName: "organization_members_organization_id_fkey";
            columns: ["organization_id"];
            isOneToOne: false;
            referencedRelation: "organizations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "organization_members_user_id_fkey";
            columns: ["user_id"];
            isOneToOne: false;
            referencedRelation: "profiles";
            referencedColumns: ["id"];
          },
        ];
      };
      organization_settings: {
        Row: {
          organization_id: string;
          billing_email: string | null;
          time_zone: string;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: { billing_email?: string | null; time_zone?: string };
        Relationships: [];
      };
      organizations: {
        Row: {
          id: string;
          slug: string;
          name: string;
          legal_name: string | null;
          inn: string;
          description: string | null;
          category: string | null;
          region: string | null;
          website_url: string | null;
          logo_path: string | null;
          is_published: boolean;
          created_by: string | null;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: {
          name?: string;
          legal_name?: string | null;
          description?: string | null;
          category?: string | null;
          region?: string | null;
          website_url?: string | null;
          logo_path?: string | null;
          is_published?: boolean;
        };
        Relationships: [];
      };
      payment_methods: {
        Row: {
          id: string;
          organization_id: string;
          yookassa_payment_method_id: string | null;
          type: string;
          title: string | null;
          card_type: string | null;
          card_last4: string | null;
          expires_at: string | null;
          revoked_at: string | null;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      payment_transactions: {
        Row: {
          id: string;
          organization_id: string;
          subscription_id: string | null;
          plan_id: string;
          kind: Database["public"]["Enums"]["transaction_kind"];
          amount: number;
          currency: string;
          status: Database["public"]["Enums"]["transaction_status"];
          yookassa_payment_id: string | null;
          confirmation_url: string | null;
          refunded_amount: number;
          cancellation_party: string | null;
          cancellation_reason: string | null;
          method_saved: boolean | null;
          quarantine_reason: string | null;
          created_by: string | null;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      platform_admins: {
        Row: { user_id: string };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      profiles: {
        Row: {
          id: string;
          full_name: string;
          locale: string;
          time_zone: string;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: { full_name?: string; locale?: string; time_zone?: string };
        Relationships: [];
      };
      subscription_plans: {
        Row: {
          id: string;
          level: Database["public"]["Enums"]["status_level"];
          title: Json;
          amount: number;
          currency: string;
          period: string;
          trial_days: number;
          requires_verification: boolean;
          limits: Json;
          is_active: boolean;
          position: number;
        };
        Insert: never;
        Update: never;
        Relationships: [];
      };
      subscriptions: {
        Row: {
          id: string;
          organization_id: string;
          plan_id: string;
          status: Database["public"]["Enums"]["subscription_status"];
          trial_ends_at: string | null;
          current_period_start: string;
          current_period_end: string;
          grace_until: string | null;
          cancel_at_period_end: boolean;
          canceled_at: string | null;
          payment_method_id: string | null;
          created_by: string | null;
          created_at: string;
          updated_at: string;
        };
        Insert: never;
        Update: never;
        Relationships: [
          {
            foreignKeyName: "subscriptions_plan_id_fkey";
            columns: ["plan_id"];
            isOneToOne: false;
            referencedRelation: "subscription_plans";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: { [_ in never]: never };
    Functions: {
      create_organization: {
        Args: { name: string; slug: string; inn: string };
        Returns: Database["public"]["Tables"]["organizations"]["Row"];
      };
      forget_payment_method: { Args: { payment_method_id: string }; Returns: Json };
      get_organization_status: { Args: { organization_id: string }; Returns: Json };
      get_status_history: {
        Args: { organization_id: string };
        Returns: {
          level: Database["public"]["Enums"]["status_level"];
          action: Database["public"]["Enums"]["status_level_action"];
          reason: string | null;
          valid_until: string | null;
          occurred_at: string;
        }[];
      };
    };
    Enums: {
      organization_role: "viewer" | "editor" | "admin" | "owner";
      status_level: "0" | "A" | "B" | "C";
      status_level_action:
        "granted" | "extended" | "revoked" | "expired" | "grace_started" | "grace_ended" | "superseded";
      subscription_status: "trialing" | "active" | "past_due" | "canceled" | "expired";
      transaction_kind: "trial_hold" | "first_payment" | "renewal" | "plan_change";
      transaction_status:
        "created" | "pending" | "waiting_for_capture" | "succeeded" | "canceled" | "quarantined";
    };
    CompositeTypes: { [_ in never]: never };
  };
};
